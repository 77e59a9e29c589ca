package transport

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

// This file is for networks that break websockets: GraphQL over server-sent events, in the distinct connections mode of
// the graphql-sse protocol. An operation comes by POST with Accept: text/event-stream, and its answers are events of
// the response. Subscribers share their groups with those on websockets, and the same bounds.

const (
	eventStream = "text/event-stream"
	// quietFor is how long a stream may say nothing: proxies close what seems dead, and a client that is gone is
	// noticed by what it does not take.
	quietFor = 10 * time.Second
)

// wantsStream says whether a request asks for a stream.
func wantsStream(r *http.Request) bool {
	return r.Method == http.MethodPost && slices.ContainsFunc(r.Header["Accept"], func(accept string) bool {
		for one := range strings.SplitSeq(accept, ",") {
			if kind, _, err := mime.ParseMediaType(one); err == nil && kind == eventStream {
				return true
			}
		}
		return false
	})
}

// stream is one response. Its states come from a group, or from a watch of its own; only the latest one is kept.
type stream struct {
	w    http.ResponseWriter
	ends context.Context // when the server drains
	stop context.CancelFunc

	wake   chan struct{} // holds one
	mu     sync.Mutex    // guards what follows
	latest []byte        // nil: sent
}

// stream answers one operation. What is wrong with the request itself is refused before the stream begins; what is
// wrong with the operation is an event.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request) {
	var asked graphql.RawParams
	if refusal := h.readPost(w, r, &asked); refusal != nil {
		refusal.write(w)
		return
	}
	ctx, until, err := h.viewerOf(r)
	if err != nil {
		Refuse(w, http.StatusUnauthorized, "INVALID_TOKEN", "The access token is not valid.")
		return
	}
	from, reserved := h.sockets.reserve(w, r, h.exec)
	if !reserved {
		return
	}
	s := &stream{w: w, wake: make(chan struct{}, 1)}
	s.ends, s.stop = context.WithCancel(context.Background())
	defer s.stop()
	h.sockets.enter(s)
	defer h.sockets.left(s, from)

	// The server's timeouts are those of a request that ends soon.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // a server that knows no deadlines has none
	w.Header().Set("Content-Type", eventStream+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // proxies shall not gather it
	w.WriteHeader(http.StatusOK)
	_ = control.Flush() // the first event says whether the client is there
	if h.answerStream(graphql.StartOperationTrace(ctx), s, &asked, until) {
		s.say("event: complete\ndata:\n\n", nil)
	}
	_ = control.SetWriteDeadline(time.Now().Add(lastWords)) // for the end of the response
}

// viewerOf is the context with whom a request's token names, and until when that is good; zero without one.
func (h *Handler) viewerOf(r *http.Request) (ctx context.Context, until time.Time, err error) {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return r.Context(), until, nil
	}
	return h.sockets.options.Authenticate(r.Context(), authorization)
}

func (h *websockets) enter(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.streams[s] = struct{}{}
	if h.draining {
		s.stop()
	}
}

func (h *websockets) left(s *stream, from string) {
	h.release(from)
	h.mu.Lock()
	delete(h.streams, s)
	h.mu.Unlock()
	h.served.Done()
}

// answerStream sends what an operation has to say, and returns whether that was all of it: a stream that is cut short
// says no last word, so that the client comes back.
func (h *Handler) answerStream(
	ctx context.Context, s *stream, params *graphql.RawParams, until time.Time,
) (whole bool) {
	asked, errs := h.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		return s.refuse(h.exec.DispatchError(graphql.WithOperationContext(ctx, asked), errs).Errors)
	}
	if asked.Operation.Operation == ast.Subscription {
		if !graph.OneStream(asked) {
			return s.refuse(gqlerror.List{twoStreams()})
		}
		var stop context.CancelFunc
		ctx, stop = s.whileOpen(ctx, until)
		defer stop()
		if live, follows := graph.LiveOf(ctx, asked); follows && h.sockets.known(live) {
			return h.followStream(ctx, s, asked, live)
		}
	}
	next, ctx := h.exec.DispatchOperation(ctx, asked)
	for response := next(ctx); response != nil; response = next(ctx) {
		if len(response.Errors) > 0 && len(response.Data) == 0 {
			return s.refuse(response.Errors)
		}
		if !s.next(encode(response)) || asked.Operation.Operation != ast.Subscription {
			break
		}
	}
	return ctx.Err() == nil
}

// whileOpen is a context for a subscription: it ends when the client leaves, the server drains, or the token runs out.
func (s *stream) whileOpen(ctx context.Context, until time.Time) (context.Context, context.CancelFunc) {
	if until.IsZero() {
		until = time.Now().Add(never)
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	unbind := context.AfterFunc(s.ends, cancel)
	return ctx, func() {
		unbind()
		cancel()
	}
}

// never is how long a stream without a token may last.
const never = 365 * 24 * time.Hour

// followStream sends a sale's states until ctx ends. It has said all when it refuses to.
func (h *Handler) followStream(
	ctx context.Context, s *stream, asked *graphql.OperationContext, live graph.Live,
) (whole bool) {
	leave, refusal := h.sockets.groups.enter(ctx, &subscription{to: s}, asked, live)
	if refusal != nil {
		return s.refuse(gqlerror.List{refusal})
	}
	defer leave()
	var states, own <-chan graph.State // what is a viewer's is asked of the database here, where nobody else waits for it
	if !live.Shared {
		states = h.sockets.options.Feed.Watch(ctx, live.SaleID)
		own = states
	}
	var rested <-chan time.Time
	quiet := time.NewTimer(quietFor)
	defer quiet.Stop()
	for alive := true; alive; quiet.Reset(quietFor) {
		select {
		case <-s.wake:
			alive = s.next(s.take())
		case state, open := <-own:
			alive = open && s.next(h.sockets.groups.resolve(graph.WithState(ctx, state), asked))
			own, rested = nil, time.After(alonePace) // the feed keeps the latest meanwhile
		case <-rested:
			own = states
		case <-quiet.C:
			alive = s.say(":\n\n", nil)
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// tell keeps a state until the stream is ready for it.
func (s *stream) tell(_ *subscription, payload, scratch []byte) []byte {
	s.mu.Lock()
	s.latest = payload
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return scratch
}

func (s *stream) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	payload := s.latest
	s.latest = nil
	return payload
}

func (s *stream) next(payload []byte) bool { return s.say("event: next\ndata: ", payload) }

// refuse sends errors as the only answer.
func (s *stream) refuse(errs gqlerror.List) bool {
	payload, err := json.Marshal(map[string]gqlerror.List{"errors": errs})
	return err == nil && s.next(payload)
}

// say writes an event, and returns whether the client took it in time. A payload is JSON on one line.
func (s *stream) say(head string, payload []byte) bool {
	control := http.NewResponseController(s.w)
	event := []byte(head)
	if payload != nil {
		event = append(append(event, payload...), "\n\n"...)
	}
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // a server that knows no deadlines has none
	_, err := s.w.Write(event)
	if err == nil {
		err = control.Flush()
	}
	_ = control.SetWriteDeadline(time.Time{}) // over HTTP/2 it would end a stream that has nothing more to say
	return err == nil
}
