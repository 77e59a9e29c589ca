package graph

import (
	"context"
	"strconv"

	"stampede/model"
)

// maxPage is the most that one page of a connection holds.
const maxPage = 1000

func checkFirst(ctx context.Context, first int) error {
	if first < 1 || first > maxPage {
		return refuse(ctx, codeBadUserInput, "A page holds 1 to 1000: see the argument first.")
	}
	return nil
}

// pageOf cuts what was asked for as first + 1 down to first and says what lies around it.
func pageOf[T any](found []T, first int, after *string, cursor func(T) string) ([]T, *PageInfo) {
	info := &PageInfo{HasPreviousPage: after != nil, HasNextPage: len(found) > first}
	if info.HasNextPage {
		found = found[:first]
	}
	if n := len(found); n > 0 {
		start, end := cursor(found[0]), cursor(found[n-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return found, info
}

// purchasePage dresses up to first + 1 purchases as a page. Sale is the sale of them all, nil when they differ.
func purchasePage(
	found []model.Purchase, total, first int, after *string, sale *Sale, cursor func(model.Purchase) string,
) *PurchaseConnection {
	found, info := pageOf(found, first, after, cursor)
	page := &PurchaseConnection{PageInfo: info, TotalCount: total, Edges: []*PurchaseEdge{}, Nodes: []*Purchase{}}
	for _, p := range found {
		node := dressPurchase(p, sale)
		page.Nodes = append(page.Nodes, node)
		page.Edges = append(page.Edges, &PurchaseEdge{Cursor: cursor(p), Node: node})
	}
	return page
}

func cursorByOrdinal(p model.Purchase) string { return cursorOf(strconv.Itoa(p.Ordinal)) }

func cursorBySale(p model.Purchase) string { return cursorOf(strconv.FormatInt(int64(p.SaleID), 10)) }

// cursorByStart has the start as exactly as the database does: a sale that SQL made need not start on a millisecond.
func cursorByStart(s model.State) string {
	return cursorOf(strconv.FormatInt(s.StartsAt.UnixMicro(), 10) + "." + strconv.FormatInt(int64(s.ID), 10))
}
