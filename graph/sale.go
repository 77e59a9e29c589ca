package graph

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"stampede/model"
)

// maxDemoName leaves room in a shopper's id for the prefix that keeps demo shoppers apart from real ones.
const maxDemoName = 48

// change asks for an operator's change and answers the sale, or what was wrong with the input.
func (r *mutationResolver) change(
	ctx context.Context, gid string, seen model.Seen, kind model.ChangeKind, change model.Change,
) (*SalePayload, error) {
	if !model.ValidText(gid, 1, model.MaxName) {
		return salePayload(model.State{}, model.Problems{{
			Code: model.CodeInvalid, Field: []string{"saleId"},
			Message: "An id is 1 to 64 characters, as this server gave it out.",
		}})
	}
	id, err := parseSaleGID(ctx, gid)
	if err != nil {
		return nil, err
	}
	return salePayload(r.Sales.Change(ctx, id, model.Amendment{
		Kind: kind, By: ViewerFrom(ctx).ID, Seen: seen, Change: change,
	}))
}

func salePayload(state model.State, err error) (*SalePayload, error) {
	if problems, ok := errors.AsType[model.Problems](err); ok {
		return &SalePayload{UserErrors: dressProblems(problems)}, nil
	}
	if err != nil {
		return nil, err
	}
	return &SalePayload{Sale: dressSale(state), UserErrors: []*UserError{}}, nil
}

func planOf(input ScheduleSaleInput) model.Plan {
	plan := model.Plan{
		Product: model.Product{
			SKU:         input.Product.Sku,
			Name:        input.Product.Name,
			Description: stringOf(input.Product.Description),
			ImageURL:    stringOf(input.Product.ImageURL),
		},
		Stock:    input.Stock,
		StartsAt: input.StartsAt,
		EndsAt:   timeOf(input.EndsAt),
	}
	if price := input.Product.Price; price != nil {
		plan.Product.Price = &model.Money{Amount: price.Amount, CurrencyCode: price.CurrencyCode}
	}
	return plan
}

func stringOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// timeOf is an end; zero for none. A client that sends Go's or .NET's zero time has not left its end out: another
// instant, out of bounds as well, makes sure that it is told so.
func timeOf(t *time.Time) time.Time {
	switch {
	case t == nil:
		return time.Time{}
	case t.Truncate(time.Millisecond).IsZero():
		return time.Unix(0, 0)
	default:
		return *t
	}
}

// knownSale is the sale with a global id. Errors: SALE_NOT_FOUND.
func (r *Resolver) knownSale(ctx context.Context, gid string) (model.SaleID, error) {
	id, err := parseSaleGID(ctx, gid)
	if err != nil {
		return 0, err
	}
	_, found, err := r.Feed.Latest(id)
	if err == nil && !found {
		err = refuse(ctx, string(model.CodeSaleNotFound), "There is no sale with this id.")
	}
	return id, err
}

func saleOrNull(state model.State, found bool, err error) (*Sale, error) {
	if err != nil || !found {
		return nil, err
	}
	return dressSale(state), nil
}

// purchaseNode is a purchase for its owner or an operator, and null for everyone else.
func (r *queryResolver) purchaseNode(ctx context.Context, id model.SaleID, ordinal int) (Node, error) {
	viewer := ViewerFrom(ctx)
	if viewer == nil {
		return nil, nil
	}
	purchase, found, err := r.Resolver.Sales.PurchaseNumbered(ctx, id, ordinal)
	if err != nil || !found || purchase.ShopperID != viewer.ID && !viewer.Has(ScopeOperator) {
		return nil, err
	}
	return dressPurchase(purchase, nil), nil
}

// startsAfter says which sales come after the one whose cursor key is given; with none, all do.
func startsAfter(ctx context.Context, key string) (func(model.State) bool, error) {
	if key == "" {
		return func(model.State) bool { return true }, nil
	}
	start, id, _ := strings.Cut(key, ".")
	startsAt, err := strconv.ParseInt(start, 10, 64)
	saleID := model.SaleID(number(id))
	if err != nil || saleID == 0 || strconv.FormatInt(startsAt, 10) != start {
		return nil, badCursor(ctx)
	}
	return func(s model.State) bool {
		at := s.StartsAt.UnixMicro()
		return at > startsAt || at == startsAt && s.ID > saleID
	}, nil
}

// firstOf are the first n that are wanted.
func firstOf(all iter.Seq[model.State], n int, wanted func(model.State) bool) (found []model.State) {
	for s := range all {
		if !wanted(s) {
			continue
		}
		if found = append(found, s); len(found) == n {
			break
		}
	}
	return found
}

// salePage dresses up to first + 1 sales as a page.
func salePage(found []model.State, first int, after *string) *SaleConnection {
	found, info := pageOf(found, first, after, cursorByStart)
	page := &SaleConnection{PageInfo: info, Edges: []*SaleEdge{}, Nodes: []*Sale{}}
	for _, s := range found {
		node := dressSale(s)
		page.Nodes = append(page.Nodes, node)
		page.Edges = append(page.Edges, &SaleEdge{Cursor: cursorByStart(s), Node: node})
	}
	return page
}

// dressStates dresses what a watch sends, until it ends.
func dressStates(ctx context.Context, states <-chan model.State) <-chan *Sale {
	sales := make(chan *Sale)
	go func() {
		defer close(sales)
		for state := range states {
			select {
			case sales <- dressSale(state):
			case <-ctx.Done():
			}
		}
	}()
	return sales
}
