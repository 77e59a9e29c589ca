package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
)

type (
	viewerKey    struct{}
	requestIDKey struct{}
	addressKey   struct{}
)

// WithViewer puts the caller, as its access token names it, into the context. Whoever calls this has verified the
// token.
func WithViewer(ctx context.Context, viewer *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, viewer)
}

// ViewerFrom is the caller, nil when the request carried no token.
func ViewerFrom(ctx context.Context) *Viewer {
	viewer, _ := ctx.Value(viewerKey{}).(*Viewer)
	return viewer
}

// WithRequestID puts the id that the log and an INTERNAL error share into the context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestIDFrom is the request's id, empty when there is none.
func RequestIDFrom(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithAddress puts the address that a websocket was opened from into the context of its operations: each of them
// counts, as requests do where they come in.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// AddressFrom is that address, empty for what came over HTTP.
func AddressFrom(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// Has says whether the caller's token carries the scope. A nil viewer has none.
func (v *Viewer) Has(scope Scope) bool { return v != nil && slices.Contains(v.Scopes, scope) }

// requireScope is the directive @requiresScope.
func requireScope(ctx context.Context, _ any, next graphql.Resolver, scope Scope) (any, error) {
	switch viewer := ViewerFrom(ctx); {
	case viewer.Has(scope):
		return next(ctx)
	case viewer == nil:
		return nil, refuse(ctx, codeUnauthenticated, "Sign in first: this needs an access token.")
	default:
		return nil, refuse(ctx, codeForbidden, "The access token does not carry the scope that this needs.")
	}
}
