package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJudgeAudit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    outcome
		want verdict
		why  string
	}{
		"nothing": {outcome{stdout: `{"vulnerabilities":{},"metadata":{"vulnerabilities":{"high":0,"critical":0}}}`}, clean, ""},
		"a lesser one": {
			outcome{code: 1, stdout: `{"vulnerabilities":{"a":{"severity":"low"}},"metadata":{"vulnerabilities":{"low":1}}}`}, clean, "",
		},
		"a high one": {
			outcome{code: 1, stdout: `{"vulnerabilities":{"a":{"severity":"low"},"b":{"severity":"high"}},"metadata":{"vulnerabilities":{"high":1}}}`},
			found, " b",
		},
		"a registry without an answer": {
			outcome{code: 1, stdout: `{"message":"405 Method Not Allowed - POST https://registry.example/advisories","statusCode":405}`},
			unchecked, "the registry does not answer npm audit (405 Method Not Allowed)",
		},
		"nonsense": {outcome{stdout: "<html>"}, unchecked, "the registry does not answer npm audit"},
		"no npm":   {outcome{code: -1, err: errors.New("npm is not there")}, unchecked, "npm is not there"},
	} {
		r := judgeAudit("client", c.o)
		assert.Equal(t, c.want, r.verdict, name)
		assert.Equal(t, c.why, r.why, name)
	}
}

func TestJudgeGovulncheck(t *testing.T) {
	t.Parallel()
	for want, o := range map[verdict]outcome{
		clean: {stdout: "No vulnerabilities found."}, found: {code: 3, stdout: "GO-1"}, unchecked: {code: 1, stderr: "no such host\n"},
	} {
		assert.Equal(t, want, judgeGovulncheck(o).verdict)
	}
}

func TestWhatWasNotCheckedIsNoPass(t *testing.T) {
	t.Parallel()
	for want, results := range map[string][]result{
		"":                              {{verdict: clean}, {verdict: clean}},
		"1 of 2 checks found something": {{verdict: unchecked}, {verdict: found}},
		"1 of 2 checks could not be made: nothing is known of what they are about": {{verdict: unchecked}, {verdict: clean}},
	} {
		var said bytes.Buffer
		err := report(&said, results)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
	}
}

func TestWithoutHash(t *testing.T) {
	t.Parallel()
	naked, err := withoutHash([]byte(`{"packages":{"":{},"a":{"integrity":"sha512-x"},"b":{"link":true},"c":{}}}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"c"}, naked)
	_, err = withoutHash([]byte("x"))
	require.Error(t, err)
}
