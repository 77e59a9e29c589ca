// Package web is the HTTP edge: routes, tokens, headers, health and the built client.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"

	"stampede/graph"
	"stampede/graph/transport"
)

// contentPolicy lets nothing run that this server has not served. Emotion, which styles the page, writes style
// elements; monaco, which edits in the playground, starts its workers from blobs.
const contentPolicy = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; " +
	"style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self' data:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Edge is everything that a Handler needs.
type Edge struct {
	GraphQL *transport.Handler
	Auth    *Auth
	Client  fs.FS // the built page
	Boot    Boot
	// Purchases is what the export of a sale reads.
	Purchases Purchases
	// Feed knows which sales there are.
	Feed graph.Feed
	// Ready says why the server cannot serve just now; nil when it can.
	Ready func(ctx context.Context) error
	// Draining says that the server is about to end: newcomers are refused.
	Draining func() bool
	Guard    *Guard
	Log      *slog.Logger
}

// NewHandler is the whole server as a handler.
func NewHandler(e Edge) (http.Handler, error) {
	page, err := newPages(e.Client, e.Boot, e.GraphQL)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", e.admitted(e.GraphQL))
	mux.Handle("GET /sales/{id}/purchases.csv", e.admitted(newExport(e)))
	schema := newDocument([]byte(graph.SDL))
	mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, r *http.Request) {
		schema.serve(w, r, "text/plain; charset=utf-8")
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", e.ready(&readiness{ask: e.Ready, log: e.Log}))
	mux.Handle("/", page)
	return identified(recovered(headed(mux, e.Guard), e.Log)), nil
}

// admitted lets requests pass that come at a rate that is allowed, with a valid token or none.
func (e Edge) admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.Draining() {
			w.Header().Set("Retry-After", "1")
			transport.Refuse(w, http.StatusServiceUnavailable, "UNAVAILABLE", "The server is about to stop.")
			return
		}
		caller := e.Guard.callerOf(r)
		if wait, ok := e.Guard.admitAddress(caller); !ok {
			refuseForNow(w, wait)
			return
		}
		ctx := graph.WithRequestID(r.Context(), requestIDOf(w))
		authorization := r.Header.Get("Authorization")
		if authorization == "" { // an anonymous caller
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		ctx, _, err := e.Auth.Authenticate(ctx, authorization)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			transport.Refuse(w, http.StatusUnauthorized, "INVALID_TOKEN", "The access token is not valid.")
			return
		}
		if wait, ok := e.Guard.admitShopper(caller, graph.ViewerFrom(ctx)); !ok {
			refuseForNow(w, wait)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (e Edge) ready(asked *readiness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := errors.New("draining")
		if !e.Draining() {
			err = asked.check(r.Context())
		}
		if err != nil {
			w.Header().Set("Retry-After", "1")
			say(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		say(w, http.StatusOK, "ready")
	}
}

func say(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, sentence) // the connection may be gone
}

const requestIDHeader = "X-Request-Id"

// identified gives every answer an id that the log shares.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()[requestIDHeader] = []string{rand.Text()[:16]}
		next.ServeHTTP(w, r)
	})
}

// requestIDOf is the id of the answer that is being written.
func requestIDOf(w http.ResponseWriter) string { return w.Header().Get(requestIDHeader) }

// headed sets the headers that every answer carries.
func headed(next http.Handler, guard *Guard) http.Handler {
	policy, noSniff, noReferrer := []string{contentPolicy}, []string{"nosniff"}, []string{"no-referrer"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header() // the values are shared: Header.Add makes a longer copy
		h["Content-Security-Policy"] = policy
		h["X-Content-Type-Options"] = noSniff
		h["Referrer-Policy"] = noReferrer
		if guard.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		next.ServeHTTP(w, r)
	})
}

// recovered keeps the server alive when a handler panics. It is the last net: resolvers have their own.
func recovered(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause != nil && cause == http.ErrAbortHandler {
				panic(cause) // net/http cuts the connection: what it carried is not whole
			}
			if cause != nil {
				log.ErrorContext(r.Context(), "handler panicked", "cause", cause,
					"request", requestIDOf(w), "stack", string(debug.Stack()))
				transport.Refuse(w, http.StatusInternalServerError, "INTERNAL", "Something went wrong on our side.")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// SameOrigin says whether a websocket is opened by a page of this server.
func SameOrigin(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host && (u.Scheme == "http" || u.Scheme == "https")
}
