package transport //nolint:testpackage // groups are nobody else's

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/model"
)

// silent is a feed whose watches say nothing: a test publishes by itself.
type silent struct{ *feed }

func (silent) Watch(ctx context.Context, _ graph.SaleID) <-chan model.State {
	states := make(chan model.State)
	context.AfterFunc(ctx, func() { close(states) })
	return states
}

// TestWhoComesAndGoesDuringAPass waits for no end of it, and everybody is told once.
func TestWhoComesAndGoesDuringAPass(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	g := newGroups(Options{Feed: silent{s.feed}})
	g.exec = s.exec
	ctx := graphql.StartOperationTrace(t.Context())
	asked, errs := s.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: watch})
	require.Empty(t, errs)
	var leaves []func()
	join := func() (heard ear) {
		heard = make(ear, 10)
		leave, refusal := g.join(ctx, &subscription{to: heard}, asked, graph.Live{Shared: true})
		require.Nil(t, refusal)
		leaves = append(leaves, leave)
		<-heard // the present state
		return heard
	}
	var ears []ear
	for range 3 * toldAtOnce {
		ears = append(ears, join())
	}
	var late ear
	g.pause = func() {
		g.pause = func() {}
		leaves[0]()
		leaves[toldAtOnce]()
		late = join()
	}
	s.feed.sell(1)
	state, _, err := g.feed.Current()
	require.NoError(t, err)
	g.byKey[keyOf(ctx, asked)].publish(state)
	require.NotNil(t, late, "nobody gets in")
	for i, heard := range ears {
		want := 1
		if i == 0 || i == toldAtOnce {
			want = 0
		}
		assert.Len(t, heard, want, "%d", i)
	}
	assert.Empty(t, late)
	for i, leave := range leaves {
		if i != 0 && i != toldAtOnce {
			leave()
		}
	}
	assert.Empty(t, g.byKey)
}
