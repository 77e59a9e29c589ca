package pg

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"syscall"
	"time"
)

// MigrateFrom is Migrate with other files.
func (db *DB) MigrateFrom(ctx context.Context, files fs.FS) error { return db.migrate(ctx, files) }

// MaxAttempts bounds how often fn runs, 10 times otherwise.
func MaxAttempts(n int) TxOption { return func(c *txConfig) { c.attempts = n } }

// DefaultCommitTimeout is what COMMIT may take where nobody says otherwise.
func DefaultCommitTimeout() time.Duration { return defaultTxConfig().commit }

// NewTurnsOf is NewTurns with other times to wait for a turn, and to be silent with one.
func (db *DB) NewTurnsOf(ctx context.Context, wait, idle time.Duration) (*Turns, error) {
	return db.newTurns(ctx, wait, idle)
}

// IsPostgresOn is what decides whether a process is a postgres on a data folder.
var IsPostgresOn = isPostgresOn

// StartOrphan starts a postgres on a data folder the way StartEmbedded does, but holds no lock: as if its
// owner had died where nothing ties the two together. ended is closed when it has ended.
func StartOrphan(e *Embedded, dir string) (pid int, ended <-chan struct{}, err error) {
	p, err := startProcess(slog.New(slog.DiscardHandler), e.cluster.acc, e.cluster.bin, "postgres", filepath.Dir(dir),
		syscall.SIGQUIT, "-D", dir, "-c", "listen_addresses=", "-c", "unix_socket_directories=.")
	if err != nil {
		return 0, nil, err
	}
	return p.cmd.Process.Pid, p.done, nil
}

// Pid is the postmaster's.
func (e *Embedded) Pid() int { return e.process.cmd.Process.Pid }

// Bin is the folder of the binaries.
func (e *Embedded) Bin() string { return e.cluster.bin }

// Socket is the folder of the socket.
func (e *Embedded) Socket() string { return e.socket }

// AsAccountOf makes a process run as the same user as the server.
func AsAccountOf(e *Embedded) *syscall.SysProcAttr {
	if !e.cluster.acc.drop {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(e.cluster.acc.uid), Gid: uint32(e.cluster.acc.gid)}}
}
