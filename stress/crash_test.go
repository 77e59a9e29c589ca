package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/stress/judge"
	"stampede/stress/report"
)

const (
	// asCrash, in the environment, lets this test's program crash the wrong server that has this address.
	asCrash   = "STRESS_TEST_CRASH"
	crashPath = "/crash"
)

// crashCommand is what -crash wants to know of a wrong server.
func crashCommand(t *testing.T, address string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return asCrash + "=" + strings.TrimSuffix(address, "/graphql") + crashPath + " '" + self + "'"
}

func crashWrong(address string) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, http.NoBody)
	if err != nil {
		os.Exit(1)
	}
	if response, err := http.DefaultClient.Do(request); err == nil { // it may be cut off as well
		_ = response.Body.Close()
	}
}

// crash is for the wrong server as if it had been killed and started again: it is the right one that loses nothing.
func (s *wrongShop) crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := max(0, len(s.list)-3); s.bug == losesLast {
		for _, p := range s.list[kept:] {
			delete(s.mine, p.shopper)
		}
		s.list = s.list[:kept]
	}
	for w := range s.watchers {
		delete(s.watchers, w)
		select {
		case <-w:
		default:
		}
		w <- nil
	}
	for _, server := range s.servers {
		go server.CloseClientConnections() // it waits for this one, too
	}
}

// TestACrashIsTold with how often and for how long.
func TestACrashIsTold(t *testing.T) {
	t.Parallel()
	result, code, said := play(t, openWrong(t, none, 1), small["crash"]...)
	assert.Equal(t, exitKept, code, said)
	require.NotEmpty(t, result.Outages)
	for _, o := range result.Outages {
		assert.Greater(t, o.To, o.From)
	}
	assert.Regexp(t, fmt.Sprintf(` · %d crash(es)?, back within `, len(result.Outages)), said)
	assert.NotContains(t, said, "perhaps none was")
	assert.Equal(t, result.Summary.Stock, result.Summary.Sold, "who was cut off has asked again")
}

// TestALoadThatIsOverBeforeTheCrash has not shown what it was for.
func TestALoadThatIsOverBeforeTheCrash(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{}, "crash", "-rate", "0.1", "-duration", "10s", "-watchers", "0", "-crash", "true")
	assert.Empty(t, r.Outages)
	assert.Contains(t, r.said, "The load was over before a server was killed.")
}

// TestACommandThatKillsNobody has shown nothing either.
func TestACommandThatKillsNobody(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{}, append(small["crash"], "-crash", "true")...)
	assert.NotEmpty(t, r.Outages)
	assert.Contains(t, r.said, "Nobody has noticed that a server was killed: perhaps none was.")
	r = rehearse(t, &wrongShop{}, "crash", "-rate", "100", "-duration", "300ms", "-watchers", "0", "-crash", "true")
	assert.NotContains(t, r.said, "perhaps none was", "nobody was there who would have")
}

// TestAFreezeThatNobodyNoticed has shown nothing either.
func TestAFreezeThatNobodyNoticed(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{}, append(small["freeze"], "-freeze", "sleep 5")...) // nobody takes half as long
	assert.Equal(t, exitKept, r.code, r.said)
	assert.Regexp(t, fmt.Sprintf(` · %d freezes?, back within `, len(r.Outages)), r.said)
	assert.Contains(t, r.said, "Nobody has noticed that a server was frozen: perhaps none was.")
}

// TestAServerOfOurOwnThatIsFrozen answers nobody, and then goes on.
func TestAServerOfOurOwnThatIsFrozen(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	numbers := filepath.Join(t.TempDir(), "run.json")
	cmd := withOwn(t.Context(), self, t.TempDir(), "freeze", "-duration", "2s", "-json", numbers)
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	result, err := report.Read(numbers)
	require.NoError(t, err)
	require.NotEmpty(t, result.Outages)
	assert.Positive(t, result.Summary.Sold)
	assert.NotContains(t, string(said), "perhaps none was")
}

// TestWhoKillsTheServer is said by whoever names one.
func TestWhoKillsTheServer(t *testing.T) {
	t.Parallel()
	code, _, complained := terminal(t, "run", "crash", "-target", "http://127.0.0.1:1", "-auth-secret", "s")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "-crash is the command that kills one of -target's")
	code, _, complained = terminal(t, "run", "freeze", "-target", "http://127.0.0.1:1", "-auth-secret", "s")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "-freeze is the command that stops one of -target's")
	code, _, complained = terminal(t, "run", "crash", "-crash", "true")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, complained, "with its own it does so by itself")
}

// TestAServerThatIsNotBroughtBack by the command: nothing else is wrong, but it was not played to its end.
func TestAServerThatIsNotBroughtBack(t *testing.T) {
	t.Parallel()
	r := rehearse(t, &wrongShop{}, append(small["crash"], "-crash", "echo no such shop; exit 3")...)
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.said, "-crash: exit status 3: no such shop")
	assert.Empty(t, brokenIn(r.Result))
	require.Len(t, r.Outages, 1)
	assert.True(t, r.Outages[0].Failed)
	assert.Contains(t, r.said, " · 1 crash, not back from the last\n")
}

// TestAServerThatIsAwayForLongerThanPatience is none that never answers.
func TestAServerThatIsAwayForLongerThanPatience(t *testing.T) {
	t.Parallel()
	away := filepath.Join(t.TempDir(), "away")
	r := rehearse(t, &wrongShop{away: away}, "crash", "-rate", "100", "-duration", "400ms", "-watchers", "0",
		"-patience", "1s", "-crash", "touch '"+away+"'; sleep 2; rm '"+away+"'")
	assert.Equal(t, exitKept, r.code, r.said)
	assert.Len(t, r.Outages, 1, "nor is it killed for as long as somebody waits")
	assert.Empty(t, r.Summary.Unanswered)
}

// TestAServerOfOurOwnThatForgets its sale when it is killed is found out, by a report that has no verdict.
func TestAServerOfOurOwnThatForgets(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	numbers := filepath.Join(t.TempDir(), "run.json")
	cmd := withOwn(t.Context(), self, t.TempDir(), "crash", "-duration", "1s", "-patience", "300ms", "-json", numbers)
	said, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), string(said))
	assert.Contains(t, string(said), "does not get to know the sale")
	assert.Contains(t, string(said), "How it ended could not be read: there was nothing to judge by.")
	result, err := report.Read(numbers)
	require.NoError(t, err)
	assert.True(t, result.Unread)
	assert.False(t, result.Kept)
	assert.Empty(t, result.Promises)
	bought := result.Summary.Outcomes[judge.Bought.String()]
	assert.Positive(t, bought)
	assert.Contains(t, string(said), fmt.Sprintf("  %d of 100 confirmed; ", bought))
	assert.NotNil(t, result.Promises, "a list, though it is empty")
}

// TestAServerBehindAScript is killed with the script, is stopped with it, and does not keep this program waiting.
func TestAServerBehindAScript(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	script := filepath.Join(t.TempDir(), "server")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n'"+self+"'\ntrue\n"), 0o700))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := withOwn(ctx, script, t.TempDir(), "crash", "-duration", "1s", "-patience", "300ms")
	cmd.WaitDelay = time.Second
	said, _ := cmd.CombinedOutput() // its exit code is looked at
	assert.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), string(said))
	server := regexp.MustCompile(`http://(\S+)/graphql does not get to know the sale`).FindSubmatch(said)
	require.NotNil(t, server, "another one knows nothing: %s", said)
	_, err = (&net.Dialer{}).DialContext(ctx, "tcp", string(server[1]))
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

// TestAServerThatCannotBeStartedAgain has lost its program meanwhile: that is told, and no folder is left behind.
func TestAServerThatCannotBeStartedAgain(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	program, temporary := filepath.Join(t.TempDir(), "server"), t.TempDir()
	require.NoError(t, os.Symlink(self, program))
	// The first kill comes after 0.8 s at the soonest, and is the last.
	cmd := withOwn(t.Context(), program, temporary, "crash", "-duration", "10s", "-patience", "300ms")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		begun, err := filepath.Glob(filepath.Join(temporary, "*", "pid"))
		return err == nil && len(begun) == 1
	}, time.Minute, time.Millisecond)
	require.NoError(t, os.Remove(program))
	_ = cmd.Wait() // its exit code is looked at
	assert.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), &said)
	assert.Contains(t, said.String(), "start the server again that was killed")
	assert.NotContains(t, said.String(), "panic")
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, left)
}
