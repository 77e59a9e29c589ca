package graph

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/model"
)

// The codes of top-level errors, in extensions.code. Refusals of a purchase and an operator's wrong input are
// results, not errors.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeForbidden       = "FORBIDDEN"
	codeBadUserInput    = "BAD_USER_INPUT"
	codeBadRequest      = "BAD_REQUEST"
	codeInternal        = "INTERNAL"
)

// refuse is a top-level error at the field that is being resolved.
func refuse(ctx context.Context, code, message string) *gqlerror.Error {
	return &gqlerror.Error{
		Message:    message,
		Path:       graphql.GetPath(ctx),
		Extensions: map[string]any{"code": code},
	}
}

// inputError is what a scalar of ours says of a value that it can't read. It never repeats the value.
type inputError string

func (e inputError) Error() string { return string(e) }

// PresentError turns what a resolver returned into the answer: a refusal with its code, or INTERNAL with the
// request's id and not a word more. What the answer hides goes to the log.
func (r *Resolver) PresentError(ctx context.Context, err error) *gqlerror.Error {
	presented, _ := errors.AsType[*gqlerror.Error](err)
	switch {
	case presented != nil && presented.Extensions["code"] != nil: // said already
	case model.CodeOf(err) != "":
		known, _ := errors.AsType[*model.Error](err)
		if known.Err != nil {
			r.Log.WarnContext(ctx, "refused", "code", known.Code, "err", err, "request", RequestIDFrom(ctx))
		}
		presented = refuse(ctx, string(known.Code), known.Message)
		// Not with OUTCOME_UNKNOWN: whoever waits and asks again makes a change twice.
		if known.Code == model.CodeBusy && known.RetryAfter > 0 {
			presented.Extensions["retryAfterMs"] = known.RetryAfter.Milliseconds()
		}
	case readingArguments(ctx):
		message := "An argument is not of the form that its type asks for."
		if wrong, ok := errors.AsType[inputError](err); ok {
			message = wrong.Error()
		}
		presented = withPathOf(presented, refuse(ctx, codeBadUserInput, message))
	case graphql.GetFieldContext(ctx) == nil: // before any field: gqlgen could not read the request
		presented = &gqlerror.Error{
			Message: "The request is not a GraphQL request in JSON.", Extensions: map[string]any{"code": codeBadRequest},
		}
	case ctx.Err() != nil:
		presented = refuse(ctx, codeInternal, "The request ended before its answer.")
	default:
		r.Log.ErrorContext(ctx, "resolver failed", "err", err, "request", RequestIDFrom(ctx))
		presented = r.internal(ctx)
	}
	return presented
}

// readingArguments says whether the field's arguments are still being read: gqlgen sets them when they were.
func readingArguments(ctx context.Context) bool {
	fc := graphql.GetFieldContext(ctx)
	return fc != nil && fc.Args == nil && fc.Field.Field != nil && fc.Field.Definition != nil &&
		len(fc.Field.Definition.Arguments) > 0
}

// withPathOf gives refusal the path that gqlgen found, which leads to the argument.
func withPathOf(found, refusal *gqlerror.Error) *gqlerror.Error {
	if found != nil && found.Path != nil {
		refusal.Path = found.Path
	}
	return refusal
}

// RecoverPanic is what a panic in a resolver becomes.
func (r *Resolver) RecoverPanic(ctx context.Context, cause any) error {
	r.Log.ErrorContext(ctx, "resolver panicked", "cause", cause, "request", RequestIDFrom(ctx),
		"stack", string(debug.Stack()))
	return r.internal(ctx)
}

func (r *Resolver) internal(ctx context.Context) *gqlerror.Error {
	e := refuse(ctx, codeInternal, "Something went wrong on our side.")
	if id := RequestIDFrom(ctx); id != "" {
		e.Extensions["requestId"] = id
	}
	return e
}
