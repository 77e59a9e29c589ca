package main

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExitCodeIsTheCommands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script string
		want   int
	}{
		{`exit 0`, 0},
		{`exit 3`, 3},
		{`kill -9 $$`, 128 + 9},
		{`test "$PGTEST_URL" = there`, 0},
	} {
		got := beside([]string{"sh", "-c", test.script}, append(os.Environ(), "PGTEST_URL=there"), nil)
		assert.Equal(t, test.want, got, test.script)
	}
	assert.Equal(t, cannotRun, beside([]string{"/no/such/command"}, nil, nil))
}

func TestSignalsArePassedOn(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	assert.Equal(t, 128+int(syscall.SIGTERM), beside([]string{"sleep", "1000"}, os.Environ(), signals))
}
