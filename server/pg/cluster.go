package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Errors of StartEmbedded about the data folder.
var (
	ErrFolderInUse  = errors.New("another server uses the data folder")
	ErrOtherVersion = errors.New("the data folder was made by another major version of PostgreSQL")
	ErrNotACluster  = errors.New("the folder holds other things than a PostgreSQL cluster")
)

// cluster is a data folder and the files beside it, from its lock on:
//
//	postgres/           the data folder; the account's, 0700
//	postgres.lock       held (flock) by the program that owns the folder, for as long as it lives
//	postgres.run/       the socket; elsewhere when its path would be too long
//	postgres.initdb-*/  a cluster in the making; renamed when whole
type cluster struct {
	dir       string
	bin       string
	acc       account
	log       *slog.Logger
	throwaway bool
	lock      *os.File
}

// lockFolder takes the folder for this program, or fails at once with ErrFolderInUse. Its lock, and not
// postmaster.pid, tells a postgres that has an owner from one that was left over.
func (c *cluster) lockFolder() error {
	file, err := os.OpenFile(c.dir+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("pg: lock the data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(file, 20))
		_ = file.Close()
		return fmt.Errorf("pg: %w: %s belongs to process %s: stop that one, or choose another DATA_DIR",
			ErrFolderInUse, c.dir, strings.TrimSpace(string(holder)))
	}
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("pg: lock the data folder: %w", err)
	}
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // for the sentence above only
	}
	c.lock = file
	return nil
}

// unlock lets go of the folder. The file stays: removing it would let two programs lock two files of one name.
//
// Closing alone would leave it to a child that has been forked at this very moment, until that becomes another program.
func (c *cluster) unlock() {
	_ = syscall.Flock(int(c.lock.Fd()), syscall.LOCK_UN)
	_ = c.lock.Close()
}

// prepare makes the data folder ready to be started on, and makes the cluster when there is none.
func (c *cluster) prepare(ctx context.Context) error {
	major, err := c.probe(ctx)
	if err != nil {
		return err
	}
	if err := c.removeUnfinished(); err != nil {
		return err
	}
	version, err := os.ReadFile(filepath.Join(c.dir, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return c.initialise(ctx)
	}
	if err != nil {
		return fmt.Errorf("pg: look at the data folder: %w", err)
	}
	if have := strings.TrimSpace(string(version)); have != major {
		return fmt.Errorf("pg: %w: %s is version %s, the binaries in %s are %s: set POSTGRES_BIN to version %s, "+
			"or move the folder away to start empty; nothing was changed", ErrOtherVersion, c.dir, have, c.bin, major, have)
	}
	if owner, _, ok := ownerOf(c.dir); ok && owner == 0 {
		if err := c.acc.own(c.dir); err != nil {
			return fmt.Errorf("pg: hand the data folder to user %s: %w", c.acc.name, err)
		}
	} else if ok && owner != c.acc.uid {
		return fmt.Errorf("pg: %w: %s belongs to user %s, this is %s: start the server as that user, or chown it",
			ErrFolderClosed, c.dir, userName(owner), c.acc.name)
	}
	return c.stopLeftover(ctx)
}

// probe runs `postgres --version` as it will be run: as the account, next to the data folder. It gives the
// major version, and finds closed folders before they turn into a bare "permission denied".
func (c *cluster) probe(ctx context.Context) (major string, err error) {
	parent := filepath.Dir(c.dir)
	out, err := run(ctx, c.log, c.acc, c.bin, "postgres", parent, "--version")
	if err != nil {
		if closed := c.acc.explainClosed(parent, c.bin); closed != nil {
			return "", closed
		}
		return "", fmt.Errorf("pg: the binaries in %s do not run: %w", c.bin, err)
	}
	// "postgres (PostgreSQL) 18.4"
	_, version, _ := strings.Cut(out, ") ")
	major, _, _ = strings.Cut(version, ".")
	if _, err := strconv.Atoi(major); err != nil {
		return "", fmt.Errorf("pg: %s/postgres --version says %q", c.bin, out)
	}
	return major, nil
}

// removeUnfinished clears away what a crash in the middle of initialise left.
func (c *cluster) removeUnfinished() error {
	unfinished, err := filepath.Glob(globEscape(c.dir) + ".initdb-*")
	if err != nil {
		return fmt.Errorf("pg: look for unfinished clusters: %w", err)
	}
	for _, dir := range unfinished {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("pg: remove an unfinished cluster: %w", err)
		}
	}
	return nil
}

func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// initialise makes a new cluster under another name and renames it when it is whole and on disk.
func (c *cluster) initialise(ctx context.Context) error {
	entries, err := os.ReadDir(c.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pg: look at the data folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("pg: %w: %s: choose another DATA_DIR, or move them away", ErrNotACluster, c.dir)
	}
	parent, name := filepath.Split(c.dir)
	unfinished, err := os.MkdirTemp(parent, name+".initdb-")
	if err != nil {
		return fmt.Errorf("pg: make the data folder: %w", err)
	}
	err = c.initdb(ctx, unfinished)
	if err == nil && entries != nil {
		err = os.Remove(c.dir) // empty; os.Rename does not replace a folder
	}
	if err == nil {
		err = os.Rename(unfinished, c.dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("pg: make the data folder: %w", err), os.RemoveAll(unfinished))
	}
	return c.syncFolder(parent)
}

func (c *cluster) initdb(ctx context.Context, dir string) error {
	if err := c.acc.own(dir); err != nil {
		return err
	}
	args := []string{
		"-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
		"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
	}
	if c.throwaway {
		args = append(args, "--no-sync")
	}
	_, err := run(ctx, c.log, c.acc, c.bin, "initdb", filepath.Dir(dir), args...)
	return err
}

func (c *cluster) syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("pg: sync %s: %w", path, err)
	}
	defer func() { _ = folder.Close() }()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("pg: sync %s: %w", path, err)
	}
	return nil
}

// stopLeftover stops a postgres on this data folder whose owner is gone (this program holds the lock): one
// that is about to follow its owner, or on systems that cannot tie it to its owner, one that runs on.
func (c *cluster) stopLeftover(ctx context.Context) error {
	pidFile := filepath.Join(c.dir, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, parseErr := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || parseErr != nil || pid <= 1 {
		return nil //nolint:nilerr // postgres says better what is wrong with it
	}
	if !isPostgresOn(pid, c.dir) {
		// Stale. Postgres would find that out itself, unless something else has that process id by now.
		if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("pg: remove a stale lock: %w", err)
		}
		return nil
	}
	c.log.WarnContext(ctx, "stopping a postgres that was left over", "pid", pid, "dir", c.dir)
	for _, step := range stopSteps {
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("pg: stop the postgres left over in %s (process %d): %w", c.dir, pid, err)
		}
		for end := time.Now().Add(step.patience); time.Now().Before(end); {
			if !isPostgresOn(pid, c.dir) {
				return nil
			}
			if err := wait(ctx, pollInterval); err != nil {
				return fmt.Errorf("pg: stop the postgres left over in %s (process %d): %w", c.dir, pid, err)
			}
		}
	}
	return fmt.Errorf("pg: the postgres left over in %s (process %d) does not stop", c.dir, pid)
}
