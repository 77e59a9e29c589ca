package graph

import (
	"context"
	"strconv"

	"stampede/model"
)

// This file is what operators ask of a sale afterwards.

// Points of a sale's course that may be asked for.
const (
	leastPoints = 2
	mostPoints  = 500
)

// seenBy is how far the caller has seen the sale that it wants to change.
func seenBy(revision, change *int) model.Seen { return model.Seen{Revision: revision, Change: change} }

func filterOf(ctx context.Context, filter *PurchaseFilter) (picks model.PurchaseFilter, err error) {
	if filter == nil {
		return picks, nil
	}
	if filter.Ordinal != nil {
		if picks.Ordinal = *filter.Ordinal; picks.Ordinal < 1 {
			return picks, refuse(ctx, codeBadUserInput, "Ordinals begin with 1.")
		}
	}
	if filter.ShopperIDPrefix != nil {
		if picks.ShopperPrefix = *filter.ShopperIDPrefix; !model.ValidShopperPrefix(picks.ShopperPrefix) {
			return picks, refuse(ctx, codeBadUserInput, "The beginning of a shopper's id is 1 to 64 characters of text.")
		}
	}
	return picks, nil
}

func changePage(found []model.SaleChange, total, first int, after *string) *SaleChangeConnection {
	found, info := pageOf(found, first, after, cursorByVersion)
	page := &SaleChangeConnection{PageInfo: info, TotalCount: total, Edges: []*SaleChangeEdge{}, Nodes: []*SaleChange{}}
	for _, change := range found {
		node := dressChange(change)
		page.Nodes = append(page.Nodes, node)
		page.Edges = append(page.Edges, &SaleChangeEdge{Cursor: cursorByVersion(change), Node: node})
	}
	return page
}

func cursorByVersion(c model.SaleChange) string { return cursorOf(strconv.FormatInt(c.Version, 10)) }

func dressChange(c model.SaleChange) *SaleChange {
	change := &SaleChange{
		ID:        "change_" + strconv.FormatInt(int64(c.SaleID), 10) + "_" + strconv.FormatInt(c.Version, 10),
		Kind:      SaleChangeKind(c.Kind),
		ChangedBy: c.By,
		ChangedAt: c.At,
		Revision:  int(c.Revision),
		Stock:     c.Stock,
		Sold:      c.Sold,
		StartsAt:  c.StartsAt,
	}
	if !c.EndsAt.IsZero() {
		change.EndsAt = &c.EndsAt
	}
	return change
}

func dressPoints(found []model.SoldPoint) []*SoldPoint {
	points := make([]*SoldPoint, len(found))
	for i, p := range found {
		points[i] = &SoldPoint{Sold: p.Sold, At: p.At}
	}
	return points
}

// ParseSaleID reads a sale's global id; false for one that no server gave out.
func ParseSaleID(gid string) (model.SaleID, bool) {
	id, err := parseSaleGID(context.Background(), gid)
	return id, err == nil && id > 0
}
