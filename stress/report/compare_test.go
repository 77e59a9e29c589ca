package report_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
	"stampede/stress/report"
)

// TestWhatIsNotKnownIsNotSaid compares runs that proved nothing: none of them has broken a promise, or mended one.
func TestWhatIsNotKnownIsNotSaid(t *testing.T) {
	t.Parallel()
	broken := &report.Result{Promises: []judge.Promise{{Name: "p", Says: "It holds.", Checked: 3, Broken: 1}}}
	untested := []judge.Promise{{Name: "p", Says: "It holds."}}
	for want, later := range map[string]*report.Result{
		`verdict +BROKEN +nothing to judge`: {Unjudged: true, Promises: untested},
		`verdict +BROKEN +interrupted`:      {Interrupted: true, Promises: untested},
		`verdict +BROKEN +not played out`:   {Failure: "no", Promises: untested},
		`verdict +BROKEN +BROKEN`:           {Interrupted: true, Promises: broken.Promises},
		`verdict +BROKEN +kept`:             {Kept: true, Promises: untested},
	} {
		var said bytes.Buffer
		require.NoError(t, report.Compare(&said, broken, later))
		assert.Regexp(t, want, said.String())
		assert.NotContains(t, said.String(), "kept now")
		assert.Equal(t, later.Broken() == 0, bytes.Contains(said.Bytes(), []byte("not tested now: It holds. (p)")), want)
	}
}
