package graph_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"stampede/graph"
	"stampede/model"
)

// TestWhenAChangeMayBeAskedForAgain is told where nothing was changed, and not where it may have been.
func TestWhenAChangeMayBeAskedForAgain(t *testing.T) {
	t.Parallel()
	resolver := graph.Resolver{Log: slog.New(slog.DiscardHandler)}
	for code, told := range map[model.Code]map[string]any{
		model.CodeBusy:           {"code": "BUSY", "retryAfterMs": int64(1500)},
		model.CodeOutcomeUnknown: {"code": "OUTCOME_UNKNOWN"},
	} {
		presented := resolver.PresentError(t.Context(), &model.Error{
			Code: code, Message: "No.", RetryAfter: 1500 * time.Millisecond, Err: errors.New("the cause"),
		})
		assert.Equal(t, told, presented.Extensions)
		assert.Equal(t, "No.", presented.Message)
	}
}
