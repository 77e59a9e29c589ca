package transport

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

// This file is what a connection does with operations.

// operation is one that is under way.
type operation struct {
	id     string
	cancel context.CancelFunc
	live   bool // a subscription
	ended  bool // the client wants no more of it
	leave  func()
	sub    *subscription

	before  <-chan struct{} // closed when all that came before it have been counted; nil: they have been
	counted chan struct{}   // closed when it has been, too; nil from then on
}

// subscribe begins an operation on a goroutine of its own, which ends when a subscription has found its group: the
// reader's stack stays small.
func (c *conn) subscribe(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.ready:
		c.close(closeUnauthorized, "Unauthorized")
	case m.ID == "" || len(m.ID) > maxID:
		c.close(closeBadRequest, "Invalid message received")
	case slices.ContainsFunc(c.running, func(op *operation) bool { return op.id == m.ID }):
		c.close(closeDuplicate, "Subscriber for this id already exists")
	case c.restart:
		c.refuse(m.ID, gqlerror.List{refused("UNAVAILABLE", "The server is about to stop.")})
	case len(c.running) >= maxOperations:
		c.refuse(m.ID, gqlerror.List{tooMany("Too many operations are under way on this connection.")})
	default:
		ctx, cancel := context.WithCancel(c.as)
		op := &operation{id: m.ID, cancel: cancel, before: c.uncounted, counted: make(chan struct{})}
		c.uncounted = op.counted
		c.running = append(c.running, op)
		payload := slices.Clone(m.Payload)
		go c.execute(ctx, op, payload)
	}
}

// maxID is as long as an id may be that a client gives an operation.
const maxID = 128

func tooMany(message string) *gqlerror.Error { return refused("TOO_MANY_SUBSCRIPTIONS", message) }

func twoStreams() *gqlerror.Error {
	return &gqlerror.Error{
		Message:    "A subscription selects exactly one field.",
		Extensions: map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"},
	}
}

// execute answers an operation.
func (c *conn) execute(ctx context.Context, op *operation, payload json.RawMessage) {
	defer c.count(op)
	defer func() {
		if cause := recover(); cause != nil { // resolvers have a net of their own
			c.h.options.Log.ErrorContext(ctx, "an operation panicked", "cause", cause, "stack", string(debug.Stack()))
			c.finish(op, func() { c.close(closeInternalError, "Internal error") })
		}
	}()
	ctx = graphql.StartOperationTrace(ctx)
	var params graphql.RawParams
	if !decode(payload, &params) || params.Query == "" {
		c.finish(op, func() { c.close(closeBadRequest, "Invalid message received") })
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	asked, errs := c.h.exec.CreateOperationContext(ctx, &params)
	if errs != nil {
		presented := c.h.exec.DispatchError(graphql.WithOperationContext(ctx, asked), errs).Errors
		c.finish(op, func() { c.refuse(op.id, presented) })
		return
	}
	if asked.Operation.Operation == ast.Subscription {
		if !graph.OneStream(asked) {
			c.finish(op, func() { c.refuse(op.id, gqlerror.List{twoStreams()}) })
			return
		}
		live, follows := graph.LiveOf(ctx, asked)
		if !c.admit(op) {
			c.finish(op, func() {
				c.refuse(op.id, gqlerror.List{tooMany("Too many operations are under way on this connection.")})
			})
			return
		}
		if follows && c.h.known(live) {
			c.follow(ctx, op, asked, live)
			return
		}
	}
	c.count(op)
	next, ctx := c.h.exec.DispatchOperation(ctx, asked)
	for response := next(ctx); response != nil; response = next(ctx) {
		if asked.Operation.Operation == ast.Subscription && len(response.Errors) > 0 && len(response.Data) == 0 {
			c.finish(op, func() { c.refuse(op.id, response.Errors) }) // it could not begin
			return
		}
		answer := encode(response)
		c.whileWanted(op, func() { c.send(message{ID: op.id, Type: "next", Payload: answer}) })
		if asked.Operation.Operation != ast.Subscription {
			break
		}
	}
	c.finish(op, func() { c.send(message{ID: op.id, Type: "complete"}) })
}

// known says whether there is something to follow; when there is not, the resolver says why.
func (h *websockets) known(live graph.Live) bool {
	if live.SaleID == 0 {
		_, _, err := h.options.Feed.Current()
		return err == nil
	}
	_, found, err := h.options.Feed.Latest(live.SaleID)
	return err == nil && found
}

// count lets those that came after an operation be counted: what it is has been found out. They wait for one another,
// so that of too many subscriptions the last are refused; none waits for longer than documents take to be read.
func (c *conn) count(op *operation) {
	if op.counted == nil {
		return
	}
	op.await()
	c.mu.Lock()
	if c.uncounted == op.counted {
		c.uncounted = nil
	}
	c.mu.Unlock()
	close(op.counted)
	op.before, op.counted = nil, nil
}

// await returns when all that came before have been counted.
func (op *operation) await() {
	if op.before != nil {
		<-op.before
	}
}

// admit counts a subscription in, when there is room for one more. It takes its turn.
func (c *conn) admit(op *operation) bool {
	op.await()
	defer c.count(op)
	c.mu.Lock()
	defer c.mu.Unlock()
	op.live = true
	c.restartLocked()
	n := 0
	for _, other := range c.running {
		if other.live {
			n++
		}
	}
	return n <= maxSubscriptions
}

// follow makes a subscription a member of its group, until the client or the connection ends it.
func (c *conn) follow(ctx context.Context, op *operation, asked *graphql.OperationContext, live graph.Live) {
	id, err := json.Marshal(op.id)
	if err != nil {
		c.finish(op, func() { c.close(closeInternalError, "Internal error") })
		return
	}
	sub := &subscription{to: c, head: slices.Concat([]byte(`{"id":`), id, []byte(`,"type":"next","payload":`))}
	begun, refusal := c.begin(op, sub, func() (leave func(), refusal *gqlerror.Error) {
		return c.h.groups.enter(ctx, sub, asked, live)
	})
	if refusal != nil {
		c.finish(op, func() { c.refuse(op.id, gqlerror.List{refusal}) })
	}
	if !begun || live.Shared {
		return
	}
	// What belongs to a viewer is asked of the database: on this goroutine, where nobody else waits for it.
	for state := range c.h.options.Feed.Watch(ctx, live.SaleID) {
		c.tell(sub, c.h.groups.resolve(graph.WithState(ctx, state), asked), nil)
		select { // the feed keeps the latest meanwhile
		case <-time.After(alonePace):
		case <-ctx.Done():
		}
	}
}

// begin makes an operation a subscription that enters, unless the client has ended it, or it may not.
func (c *conn) begin(
	op *operation, sub *subscription, enter func() (leave func(), refusal *gqlerror.Error),
) (begun bool, refusal *gqlerror.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op.ended {
		return false, nil
	}
	op.sub = sub
	op.leave, refusal = enter()
	return refusal == nil, refusal
}

// complete is the client's: it wants no more of an operation.
func (c *conn) complete(id string) {
	c.mu.Lock()
	i := slices.IndexFunc(c.running, func(op *operation) bool { return op.id == id })
	var op *operation
	if i >= 0 {
		op = c.running[i]
	}
	c.mu.Unlock()
	if op != nil {
		c.end(op)
	}
}

// whileWanted does something for an operation that the client has not ended.
func (c *conn) whileWanted(op *operation, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !op.ended {
		do()
	}
}

// finish ends an operation from this side, with a last word. Whoever hears it finds it over: its id is free.
func (c *conn) finish(op *operation, lastWord func()) {
	c.mu.Lock()
	if !op.ended {
		c.forgetLocked(op)
		lastWord()
	}
	c.mu.Unlock()
	c.end(op)
}

func (c *conn) forgetLocked(op *operation) {
	op.ended = true
	c.running = slices.DeleteFunc(c.running, func(other *operation) bool { return other == op })
}

// end forgets an operation. Ending twice is fine. It is cancelled last: what it says when it notices is not heard.
func (c *conn) end(op *operation) {
	c.mu.Lock()
	c.forgetLocked(op)
	c.restartLocked()
	leave, sub := op.leave, op.sub
	op.leave = nil
	c.mu.Unlock()
	if sub != nil {
		c.out.stop(sub)
	}
	op.cancel()
	if leave != nil {
		leave()
	}
}

// refuse answers an operation that does not begin.
func (c *conn) refuse(id string, errs gqlerror.List) {
	payload, err := json.Marshal(errs)
	if err != nil {
		c.close(closeInternalError, "Internal error")
		return
	}
	c.send(message{ID: id, Type: "error", Payload: payload})
}
