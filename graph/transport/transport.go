// Package transport says how operations travel: GraphQL over HTTP, and graphql-transport-ws on websockets.
package transport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

const (
	maxBody          = 8 << 10  // bytes of a request, or of a websocket message
	maxBodyIntrospec = 16 << 10 // the standard introspection query, with room for its variables
	maxTokens        = 1000     // of a document: about 40 ms of processor time to validate, at the most
	maxComplexity    = 1000     // fields of an operation
	cachedDocuments  = 1000
)

// Options say what a Handler may do.
type Options struct {
	// Introspection lets clients ask for the schema.
	Introspection bool
	// Authenticate checks an Authorization value ("Bearer …"), puts its viewer into the context, and says until when
	// the token is good.
	Authenticate func(ctx context.Context, authorization string) (context.Context, time.Time, error)
	// Feed is what subscriptions follow.
	Feed graph.Feed
	// Allowed says whether a websocket may be opened from this origin. Requests without one always may.
	Allowed func(r *http.Request, origin string) bool
	// MaxSockets and MaxSocketsFrom bound the websockets of this process, 50 000 when 0, and those from one address. 0:
	// 1 000 from a public address, and any number from a private one: that is a proxy, or a test.
	MaxSockets, MaxSocketsFrom int
	Log                        *slog.Logger
}

func (o Options) maxSockets() int { return cmp.Or(o.MaxSockets, 50_000) }

func (o Options) maxSocketsFrom(address string) int {
	switch ip := net.ParseIP(address); {
	case o.MaxSocketsFrom > 0:
		return o.MaxSocketsFrom
	case ip == nil || ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast():
		return o.maxSockets()
	default:
		return 1_000
	}
}

// Handler serves GraphQL on one address.
type Handler struct {
	server  *handler.Server
	limit   int64
	sockets *websockets
}

// New serves the resolver's schema.
func New(resolver *graph.Resolver, o Options) *Handler {
	h := &Handler{server: handler.New(graph.NewSchema(resolver)), limit: maxBody, sockets: newWebsockets(o)}

	h.server.AddTransport(h.sockets)
	h.server.AddTransport(gqltransport.Options{})
	h.server.AddTransport(gqltransport.GET{})
	h.server.AddTransport(gqltransport.POST{})
	h.server.SetQueryCache(lru.New[*ast.QueryDocument](cachedDocuments))
	h.server.SetParserTokenLimit(maxTokens)
	h.server.SetErrorPresenter(resolver.PresentError)
	h.server.SetRecoverFunc(resolver.RecoverPanic)
	h.server.Use(extension.FixedComplexityLimit(maxComplexity))
	if o.Introspection {
		h.limit = maxBodyIntrospec
		h.server.Use(extension.Introspection{})
	}
	return h
}

// bodies are used again: none is larger than a request may be.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// ServeHTTP answers one request, or serves one websocket until it ends.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.sockets.Supports(r) {
		h.server.ServeHTTP(w, r)
		return
	}
	r.Header.Del("Upgrade") // to something else, as h2c: declined, and gqlgen would not take the request
	if r.Body != nil {
		body := bodies.Get().(*bytes.Buffer) //nolint:errcheck // it holds nothing else
		defer bodies.Put(body)
		body.Reset()
		_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, h.limit))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			Refuse(w, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The request is too large.")
			return
		}
		if err != nil {
			Refuse(w, http.StatusBadRequest, "BAD_REQUEST", "The request could not be read.")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body.Bytes())) // gqlgen takes a copy
	}
	h.server.ServeHTTP(w, r)
}

// drainSpread is how long the websockets are given their notice, one after the other.
const drainSpread = time.Second

// Close closes every websocket with 1012 and waits until they have ended, or ctx has. Closing twice is fine.
func (h *Handler) Close(ctx context.Context) error { return h.sockets.drain(ctx, drainSpread) }

// Refuse answers a request that does not reach GraphQL, in GraphQL's form.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The connection may be gone; then nobody reads the refusal.
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": gqlerror.List{{
		Message: message, Extensions: map[string]any{"code": code},
	}}})
}
