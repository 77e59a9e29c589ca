package graph

import (
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

const dateTimeForm = "2006-01-02T15:04:05.000Z07:00"

// MarshalDateTime writes an instant as RFC 3339 in UTC with milliseconds.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format(dateTimeForm)))
	})
}

// UnmarshalDateTime reads an RFC 3339 instant of any offset and precision.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, inputError("A DateTime is a string in RFC 3339 form.")
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, inputError("A DateTime has the form 2026-11-22T18:00:00.000Z.")
	}
	return t, nil
}
