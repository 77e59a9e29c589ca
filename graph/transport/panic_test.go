package transport //nolint:testpackage // its harness is the groups'

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/graph"
	"stampede/model"
)

// TestAConditionIsNotNull: a nullable variable with a default may stand where @skip and @include ask, and null is what
// the client then sends.
func TestAConditionIsNotNull(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	null := map[string]any{"x": nil}
	for _, text := range []string{
		`subscription($x: Boolean = true) { stockChanged { id sold @skip(if: $x) } }`,
		`subscription($x: Boolean = true) { stockChanged { id ... @include(if: $x) { sold } } }`,
		`subscription($x: Boolean = true) { stockChanged { ...F } } fragment F on Sale { id product { ...G @skip(if: $x) } } fragment G on Product { sku }`,
		`subscription($x: Boolean = true) { stockChanged @skip(if: $x) { id } }`,
	} {
		c := s.enter(t, "")
		c.subscribe(t, "1", text, null)
		m := c.next(t)
		assert.Equal(t, "error", m.Type, "%s: %s", text, m.Payload)
		assert.Contains(t, string(m.Payload), `"GRAPHQL_VALIDATION_FAILED"`, text)
		assert.Contains(t, string(m.Payload), `"path":["variable","x"]`, text)
		c.alive(t)
		assert.Contains(t, s.stream(t, "", text, null).event(t), `"GRAPHQL_VALIDATION_FAILED"`, text)
	}
	for variables, want := range map[string]string{
		`{"x":null}`: `"GRAPHQL_VALIDATION_FAILED"`, `{"x":true}`: `{"data":{}}`, `{"x":false}`: `"sale_1"`, `{}`: `{"data":{}}`,
	} {
		body := `{"query":"query($x: Boolean = true) { saleStatus @skip(if: $x) { id } }","variables":` + variables + `}`
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		assert.Equal(t, http.StatusOK, answer.Code, variables)
		assert.Contains(t, answer.Body.String(), want, variables)
	}
}

// ear is a receiver that keeps what it is told.
type ear chan string

func (e ear) tell(_ *subscription, payload, scratch []byte) []byte {
	e <- string(payload)
	return scratch
}

// TestAGroupOutlivesAPanic: whatever gqlgen panics at while it writes an answer, the members are told, and may leave.
func TestAGroupOutlivesAPanic(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	s.sockets.groups.exec = s.exec
	ctx := graphql.StartOperationTrace(t.Context())
	asked, errs := s.exec.Executor.CreateOperationContext(ctx, &graphql.RawParams{ // behind the limits
		Query:     `subscription($x: Boolean = true) { stockChanged { id sold @skip(if: $x) } }`,
		Variables: map[string]any{"x": nil},
	})
	require.Empty(t, errs)
	heard := make(ear, 10)
	leave, refusal := s.sockets.groups.join(ctx, &subscription{to: heard}, asked, graph.Live{Shared: true})
	require.Nil(t, refusal)
	assert.JSONEq(t, internal, <-heard)
	s.feed.sell(1)
	assert.JSONEq(t, internal, <-heard, "and so is the next state's")
	leave()
	assert.Zero(t, s.groupsOf())
	require.Eventually(t, func() bool { _, open := s.feed.watches(); return open == 0 }, limit, time.Millisecond)
}

// TestAConnectionOutlivesNoPanic, and the server does.
func TestAConnectionOutlivesNoPanic(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), func(o *Options, _ *graph.Resolver) {
		o.Authenticate = func(context.Context, string) (context.Context, time.Time, error) { panic("a mistake") }
	})
	c := s.visit(t)
	c.say(t, `{"type":"connection_init","payload":{"Authorization":"Bearer ann"}}`)
	assert.Equal(t, closeInternalError, c.closed(t).Code)
	s.enter(t, "").alive(t)
}

// TestNothingIsPutOff: an answer is whole. What gqlgen defers would be null in it, though there is something.
func TestNothingIsPutOff(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), func(o *Options, r *graph.Resolver) {
		o.Introspection = true
		r.Sales = purchases{by: func(context.Context, string) (model.Purchase, bool, error) {
			return model.Purchase{SaleID: 1, Ordinal: 7}, true, nil
		}}
	})
	c := s.enter(t, "ann")
	for _, fields := range []string{
		`... @defer { viewerPurchase { ordinal } }`, `... @defer(label: "x") { sold }`, `... on Sale @defer(if: false) { sold }`,
	} {
		c.subscribe(t, "1", `{ saleStatus { id `+fields+` } }`, nil)
		m := c.next(t)
		assert.Equal(t, "error", m.Type, "%s: %s", fields, m.Payload)
		assert.Contains(t, string(m.Payload), `"GRAPHQL_VALIDATION_FAILED"`, fields)
	}
	c.subscribe(t, "1", `{ saleStatus { id ... { viewerPurchase { ordinal } } } }`, nil)
	assert.Contains(t, string(c.next(t).Payload), `"viewerPurchase":{"ordinal":7}`)
	assert.Equal(t, "complete", c.next(t).Type)
	c.subscribe(t, "1", `{ __schema { directives { name } } }`, nil)
	told := string(c.next(t).Payload)
	assert.Contains(t, told, `"include"`)
	assert.NotContains(t, told, "defer", "whoever asks for the schema is not told of it")
}

// TestWhatIsDeferredEndsWithItsState: nobody waits for it.
func TestWhatIsDeferredEndsWithItsState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		s := open(t, newPipes(), func(_ *Options, r *graph.Resolver) {
			r.Sales = purchases{by: func(ctx context.Context, _ string) (p model.Purchase, found bool, err error) {
				<-ctx.Done()
				close(ended)
				return p, false, ctx.Err()
			}}
		})
		const text = `subscription { stockChanged { sold ... @defer { viewerPurchase { ordinal } } } }`
		parsed, errs := gqlparser.LoadQueryWithRules(gqlparser.MustLoadSchema(&ast.Source{Input: graph.SDL}), text, nil)
		require.Empty(t, errs)
		s.exec.valid.Add(t.Context(), text, &document{QueryDocument: parsed}) // it would be refused
		ann := s.enter(t, "ann")
		ann.subscribe(t, "1", text, nil)
		assert.InDelta(t, 0, ann.event(t, "1")["sold"], 0)
		<-ended
		ann.alive(t)
	})
}
