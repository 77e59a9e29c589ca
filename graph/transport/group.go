package transport

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

// freshFor is how long an encoded state is given to newcomers: its serverTime is the clock that they count down by.
const freshFor = 50 * time.Millisecond

// subscription is one subscriber of a sale's states.
type subscription struct {
	to   receiver
	head []byte // on a websocket, what comes before the payload: {"id":…,"type":"next","payload":

	// The outlet's mutex guards these two.
	unsent  []byte // the frame that the client was not ready for
	stopped bool

	// The group's mutex guards these.
	place int // among the group's members
	seen  mark
}

// receiver is where a subscription's states go: a connection. It never waits.
type receiver interface {
	// tell sends a state. The payload is shared by all: it may be kept, but not written to. The scratch is room to work
	// in until tell returns; it comes back, perhaps with more room.
	tell(s *subscription, payload, scratch []byte) []byte
}

// frame appends the frame that carries a payload to this subscriber.
func (s *subscription) frame(to, payload []byte) []byte {
	to = appendHeader(to, textFrame, len(s.head)+len(payload)+1)
	return append(append(append(to, s.head...), payload...), '}')
}

// mark is how far a subscriber has seen: revisions of one sale never go back.
type mark struct {
	sale     graph.SaleID
	revision int64
}

func (m mark) before(other mark) bool { return m.sale != other.sale || m.revision < other.revision }

// groups are the subscriptions that are under way. Those who ask for the same (document, operation, variables, scopes)
// share a group, and with it one execution and one encoding of each state.
type groups struct {
	feed  graph.Feed
	exec  graphql.GraphExecutor
	log   *slog.Logger
	alone alone

	pause func() // within a pass over the members, when nobody holds the group's lock

	mu    sync.Mutex // guards what follows; whoever holds it waits for no group
	byKey map[string]*group
}

// group is those who ask for the same.
type group struct {
	all       *groups
	key       string
	saleID    graph.SaleID
	ctx       context.Context // of the executions; it ends with the last member
	end       context.CancelFunc
	operation *graphql.OperationContext
	holders   int // members, and those who are about to be; groups.mu guards it

	mu      sync.Mutex // guards what follows
	members []*subscription
	scratch []byte // the frame that is being sent
	encoded encoded
}

// encoded is the latest state as JSON.
type encoded struct {
	mark    mark
	at      time.Time
	payload []byte
}

// maxGroups is how many there may be in this process: each of them executes and encodes every state.
const maxGroups = 256

func newGroups(o Options) *groups {
	return &groups{
		feed: o.Feed, log: o.Log, pause: runtime.Gosched, byKey: map[string]*group{},
		alone: alone{bySale: map[graph.SaleID]int{}, byViewer: map[string]int{}},
	}
}

// enter lets a subscription in, with its like or alone; leave ends it. Or it says why not.
func (g *groups) enter(
	ctx context.Context, s *subscription, operation *graphql.OperationContext, live graph.Live,
) (leave func(), refusal *gqlerror.Error) {
	if live.Shared {
		return g.join(ctx, s, operation, live)
	}
	return g.alone.add(graph.ViewerFrom(ctx).ID, live.SaleID)
}

// join makes s a member of the group of its like, and sends it the present state. What is shared asks no database, so
// that nobody who holds a lock here waits for one.
func (g *groups) join(
	ctx context.Context, s *subscription, operation *graphql.OperationContext, live graph.Live,
) (leave func(), refusal *gqlerror.Error) {
	key := keyOf(ctx, operation)
	g.mu.Lock()
	member := g.byKey[key]
	if member == nil {
		if len(g.byKey) >= maxGroups {
			g.mu.Unlock()
			return nil, tooMany("Too many different subscriptions are under way: ask for what others ask for.")
		}
		member = g.open(ctx, key, operation, live)
	}
	member.holders++ // nobody ends the group that s is about to join
	g.mu.Unlock()
	member.mu.Lock()
	defer member.mu.Unlock()
	s.place = len(member.members)
	member.members = append(member.members, s)
	member.welcomeLocked(s)
	return func() { g.leave(member, s) }, nil
}

func (g *groups) open(ctx context.Context, key string, operation *graphql.OperationContext, live graph.Live) *group {
	ctx = anyViewer(ctx)
	opened := &group{all: g, key: key, saleID: live.SaleID, operation: operation}
	opened.ctx, opened.end = context.WithCancel(context.WithoutCancel(ctx))
	g.byKey[key] = opened
	states := g.feed.Watch(opened.ctx, live.SaleID)
	go func() {
		for state := range states {
			opened.publish(state)
		}
	}()
	return opened
}

// leave ends a membership, and with the last one the group.
func (g *groups) leave(left *group, s *subscription) {
	left.remove(s)
	g.mu.Lock()
	defer g.mu.Unlock()
	left.holders--
	if left.holders == 0 {
		left.end()
		delete(g.byKey, left.key)
	}
}

// remove puts the last member into the place of s.
func (g *group) remove(s *subscription) {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := len(g.members) - 1
	moved := g.members[last]
	g.members[s.place], moved.place = moved, s.place
	g.members[last] = nil
	g.members = g.members[:last]
}

// toldAtOnce members are told of a state while others wait to join or to leave.
const toldAtOnce = 256

// publish sends a state to all members who have not seen it. It goes from the last to the first: who leaves between
// is replaced by one who has been told, or who is still to be; who joins has been told.
func (g *group) publish(state graph.State) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.encodeLocked(state)
	told := 0
	for i := len(g.members) - 1; i >= 0; i = min(i, len(g.members)) - 1 {
		g.tellLocked(g.members[i], e)
		told++
		if told%toldAtOnce == 0 {
			g.mu.Unlock()
			g.all.pause()
			g.mu.Lock()
		}
	}
}

// welcomeLocked sends a newcomer the present state.
func (g *group) welcomeLocked(s *subscription) {
	if time.Since(g.encoded.at) < freshFor {
		g.tellLocked(s, g.encoded)
		return
	}
	state, found, err := g.present()
	if err != nil || !found {
		return // the watch has the first word as soon as there is one
	}
	g.tellLocked(s, g.encodeLocked(state))
}

func (g *group) present() (graph.State, bool, error) {
	if g.saleID == 0 {
		return g.all.feed.Current()
	}
	return g.all.feed.Latest(g.saleID)
}

func (g *group) tellLocked(s *subscription, e encoded) {
	if !s.seen.before(e.mark) {
		return
	}
	s.seen = e.mark
	g.scratch = s.to.tell(s, e.payload, g.scratch)
}

// encodeLocked has a state resolved and encoded, once for all members. A state that is not newer than the one at hand
// is not encoded again, unless its clock is old.
func (g *group) encodeLocked(state graph.State) encoded {
	now := mark{state.ID, state.Revision()}
	if !g.encoded.mark.before(now) && time.Since(g.encoded.at) < freshFor {
		return g.encoded
	}
	e := encoded{mark: now, at: time.Now(), payload: g.all.resolve(graph.WithState(g.ctx, state), g.operation)}
	if g.encoded.mark.sale == now.sale && now.revision < g.encoded.mark.revision {
		return e // an old one, of no use to newcomers
	}
	g.encoded = e
	return e
}

// resolve answers an operation whose events are one. gqlgen recovers what resolvers do, and not what it does itself
// while it writes the answer: nobody else is there to do so on a group's goroutine.
func (g *groups) resolve(ctx context.Context, operation *graphql.OperationContext) (payload []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			g.log.ErrorContext(ctx, "an execution panicked", "cause", cause, "stack", string(debug.Stack()))
			payload = []byte(internal)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what @defer has put off waits for nobody
	next, ctx := g.exec.DispatchOperation(graphql.StartOperationTrace(ctx), operation)
	return encode(next(ctx))
}

// encode writes a response. Its data may alias a buffer that the next one overwrites: this is a copy.
func encode(response *graphql.Response) []byte {
	payload, err := json.Marshal(response)
	if err != nil { // gqlgen made something that is no JSON
		return []byte(internal)
	}
	return payload
}

// internal is the answer where there is none.
const internal = `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL"}}]}`

// anyViewer leaves of the viewer only the scopes: what a group answers belongs to nobody.
func anyViewer(ctx context.Context) context.Context {
	viewer := graph.ViewerFrom(ctx)
	if viewer == nil {
		return ctx
	}
	return graph.WithViewer(ctx, &graph.Viewer{Scopes: viewer.Scopes})
}

// keyOf names all who ask for the same and may see the same.
func keyOf(ctx context.Context, operation *graphql.OperationContext) string {
	variables, err := json.Marshal(operation.Variables)
	if err != nil { // they came as JSON
		variables = []byte(err.Error())
	}
	var scopes []string
	if viewer := graph.ViewerFrom(ctx); viewer != nil {
		for _, scope := range viewer.Scopes {
			scopes = append(scopes, string(scope))
		}
		slices.Sort(scopes)
		scopes = slices.Compact(scopes)
	}
	return strings.Join([]string{
		operation.RawQuery, operation.OperationName, string(variables), strings.Join(scopes, " "),
	}, "\x00")
}
