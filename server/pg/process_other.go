//go:build unix && !linux

package pg

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ownedBy: only Linux can tie a process's life to another's. Elsewhere the next start stops what was left.
func ownedBy(syscall.Signal) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// isPostgresOn reports whether pid is a postgres that was started on the data folder dir: it always is with
// the folder's absolute path in its arguments. A zombie, shown without them, is not one.
func isPostgresOn(pid int, dir string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	args, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(args), "postgres") && strings.Contains(string(args), dir)
}
