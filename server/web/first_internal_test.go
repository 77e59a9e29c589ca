package web

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestASlowFirstAnswerServesAllWhoWaitedForIt: it is kept from when it came. If each of them asked by themselves, one
// after the other, the last of a crowd would wait for all.
func TestASlowFirstAnswerServesAllWhoWaitedForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			<-time.After(2 * firstKept)
			_, err := w.Write([]byte(`{"data":{}}`))
			assert.NoError(t, err)
		})
		first, err := newFirstAnswer(slow, "{ __typename }")
		require.NoError(t, err)
		assert.JSONEq(t, `{}`, string(first.get()))
		assert.JSONEq(t, `{}`, string(first.get()), "whoever came meanwhile")
		assert.Equal(t, 1, asked)
		<-time.After(firstKept + 1)
		first.get()
		assert.Equal(t, 2, asked, "it is not kept for longer")
	})
}
