package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/model"
)

// Every event of stockChanged is a state of the feed. The transport watches the feed once for all who ask for the same,
// and has each state resolved by itself: so it knows which revision it sends, and to whom.

// State is the model's, by the name under which the transport carries it.
type State = model.State

// SaleID is the model's, too.
type SaleID = model.SaleID

type stateKey struct{}

// WithState makes stockChanged resolve to this one state, and end.
func WithState(ctx context.Context, state model.State) context.Context {
	return context.WithValue(ctx, stateKey{}, state)
}

// oneState is the state that the context names, as the whole of a subscription; nil when it names none.
func oneState(ctx context.Context) <-chan *Sale {
	state, named := ctx.Value(stateKey{}).(model.State)
	if !named {
		return nil
	}
	sales := make(chan *Sale, 1)
	sales <- dressSale(state)
	close(sales)
	return sales
}

// Live is what a subscription follows.
type Live struct {
	SaleID model.SaleID // 0: the current sale
	// Shared says that the answer is the same for everybody with the same scopes, and asks no database. So is whatever
	// nobody in particular asks for: what belongs to a viewer is null then, or refused.
	Shared bool
}

// OneStream says whether a subscription has exactly one root field, as the specification asks for.
func OneStream(operation *graphql.OperationContext) bool {
	return len(graphql.CollectFields(operation, operation.Operation.SelectionSet, subscriptionImplementors)) == 1
}

// LiveOf says what a validated subscription follows; false when it is not for the feed to answer, and the executor
// says why.
func LiveOf(ctx context.Context, operation *graphql.OperationContext) (Live, bool) {
	fields := graphql.CollectFields(operation, operation.Operation.SelectionSet, subscriptionImplementors)
	if len(fields) != 1 || fields[0].Name != "stockChanged" {
		return Live{}, false
	}
	live := Live{Shared: ViewerFrom(ctx) == nil || !asksDatabase(fields[0].Selections, map[string]bool{})}
	if gid := fields[0].ArgumentMap(operation.Variables)["saleId"]; gid != nil {
		text, err := graphql.UnmarshalID(gid)
		if err != nil {
			return live, false
		}
		if live.SaleID, err = parseSaleGID(graphql.WithFieldContext(ctx, &graphql.FieldContext{}), text); err != nil {
			return live, false
		}
		if live.SaleID == 0 { // well-formed, and no sale's
			return live, false
		}
	}
	return live, true
}

// fromDatabase are the fields of Sale that memory does not answer.
var fromDatabase = []string{"viewerPurchase", "purchases", "changes", "soldAt"}

// asksDatabase says whether a selection asks for what is not the same for everybody: the fields of Sale that ask the
// database. A fragment is looked at once, however often it is spread: looked is by their names.
func asksDatabase(selected ast.SelectionSet, looked map[string]bool) bool {
	for _, selection := range selected {
		var below ast.SelectionSet
		switch s := selection.(type) {
		case *ast.Field:
			if slices.Contains(fromDatabase, s.Name) {
				return true
			}
			below = s.SelectionSet
		case *ast.InlineFragment:
			below = s.SelectionSet
		case *ast.FragmentSpread:
			if looked[s.Name] {
				continue
			}
			looked[s.Name] = true
			below = s.Definition.SelectionSet
		}
		if asksDatabase(below, looked) {
			return true
		}
	}
	return false
}
