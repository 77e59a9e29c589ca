// Package graph is the GraphQL edge: it speaks schema.graphqls. Resolvers are thin: they read the input, ask one of
// the interfaces below, and dress the answer. What is sold and by which rules is model's; nothing here knows a
// database or a socket.
package graph

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/model"
)

// Sales is the purchase engine as the edge calls it. Errors are *model.Error or model.Problems where the caller can
// do something about them; anything else is INTERNAL.
type Sales interface {
	// Purchase answers what became of the order once that is durable, or a *model.Error: SALE_NOT_FOUND, BUSY
	// (nothing was bought), OUTCOME_UNKNOWN.
	Purchase(ctx context.Context, id model.SaleID, order model.Order) (*model.Outcome, error)
	// Schedule answers the new sale. By is the operator. Errors: model.Problems; BUSY (nothing was scheduled);
	// OUTCOME_UNKNOWN.
	Schedule(ctx context.Context, by string, plan model.Plan) (model.State, error)
	// Change applies an operator's change between two batches of purchases: when it answers, all later purchases
	// see it. Errors: model.Problems, with NOT_FOUND for an unknown sale; BUSY (nothing was changed); OUTCOME_UNKNOWN.
	Change(ctx context.Context, id model.SaleID, wish model.Amendment) (model.State, error)

	// PurchaseBy is a shopper's purchase in a sale; false when there is none.
	PurchaseBy(ctx context.Context, id model.SaleID, shopperID string) (model.Purchase, bool, error)
	// PurchaseNumbered is the purchase with this ordinal; false when there is none.
	PurchaseNumbered(ctx context.Context, id model.SaleID, ordinal int) (model.Purchase, bool, error)
	// PurchasesIn lists up to limit purchases of a sale that a filter picks, with ordinals above after, ascending, and
	// how many it picks in all.
	PurchasesIn(ctx context.Context, id model.SaleID, filter model.PurchaseFilter, after, limit int) (
		[]model.Purchase, int, error)
	// PurchasesBy lists up to limit purchases of a shopper, the newest sale first, in sales below before (0: all),
	// and how many there are in all.
	PurchasesBy(ctx context.Context, shopperID string, before model.SaleID, limit int) ([]model.Purchase, int, error)

	// ChangesOf lists up to limit operators' changes of a sale, the latest first, those below the version before (0:
	// all), and counts all of them.
	ChangesOf(ctx context.Context, id model.SaleID, before int64, limit int) ([]model.SaleChange, int, error)
	// SoldAt is the course of a sale: when its first unit was sold, and its last, and up to points in all.
	SoldAt(ctx context.Context, id model.SaleID, points int) ([]model.SoldPoint, error)
}

// Feed is the live state of every sale, from memory. What is older than it may be shown is a *model.Error with
// UNAVAILABLE.
type Feed interface {
	// Latest is a sale as it stands now; false when there is none with this id.
	Latest(id model.SaleID) (model.State, bool, error)
	// Current is the sale that a visitor who names none is shown; false when there is no sale.
	Current() (model.State, bool, error)
	// All goes through the sales, the soonest to start first.
	All() (iter.Seq[model.State], error)
	// Watch sends the state at once and then after each change, the latest only, until ctx ends; then it closes
	// the channel. Id 0 follows the current sale.
	Watch(ctx context.Context, id model.SaleID) <-chan model.State
}

// Activity is what goes on in the sales, for operators.
type Activity interface {
	// Watch sends what goes on in a sale at once, and then about once a second until ctx ends; then it closes the
	// channel.
	Watch(ctx context.Context, id model.SaleID) <-chan model.Activity
}

// DemoSignIn mints a token for a made-up shopper.
type DemoSignIn func(name string) (token string, expiresAt time.Time, viewer *Viewer, err error)

// Resolver answers every field of the schema. SignIn is nil where demo sign-in is switched off.
type Resolver struct {
	Sales    Sales
	Feed     Feed
	Activity Activity
	SignIn   DemoSignIn
	Log      *slog.Logger
}

// NewSchema is the executable schema: resolvers, the scope directive, and the rest of what gqlgen wants.
func NewSchema(r *Resolver) graphql.ExecutableSchema {
	return NewExecutableSchema(Config{
		Schema:     servedSchema,
		Resolvers:  r,
		Directives: DirectiveRoot{RequiresScope: requireScope},
	})
}

// servedSchema is the schema as it is written. gqlparser gives every schema @defer, and what gqlgen puts off comes in
// answers of its own, which no transport here sends: the field would be null, though there is something.
var servedSchema = func() *ast.Schema {
	served := *parsedSchema
	served.Directives = maps.Clone(served.Directives)
	delete(served.Directives, "defer")
	return &served
}()
