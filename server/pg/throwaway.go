package pg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	tempPrefix = "stampede-pg-tmp-"
	tempData   = "data"

	// tempGrace keeps the sweep away from a folder that its owner has made and not locked yet.
	tempGrace = time.Minute
)

// makeTemp makes the folder of a throwaway cluster, and clears away those whose owners were killed.
func makeTemp(ctx context.Context, cfg EmbeddedConfig) (string, error) {
	if !cfg.Throwaway {
		return "", errors.New("pg: an embedded cluster needs a data folder")
	}
	sweepTemp(ctx, cfg)
	dir, err := os.MkdirTemp("", tempPrefix)
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // postgres runs as another user, and goes through it
	}
	if err != nil {
		return "", fmt.Errorf("pg: make a temporary folder: %w", err)
	}
	return dir, nil
}

func (e *Embedded) removeTemp() error {
	if e.temp == "" {
		return nil
	}
	return os.RemoveAll(e.temp)
}

// sweepTemp removes what throwaway clusters left whose owner could not call Stop. It touches only folders of
// this user that nobody holds the lock of, and what it cannot do it leaves: it is a courtesy.
func sweepTemp(ctx context.Context, cfg EmbeddedConfig) {
	folders, err := filepath.Glob(filepath.Join(globEscape(os.TempDir()), tempPrefix+"*"))
	if err != nil {
		return
	}
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		owner, _, ok := ownerOf(folder)
		if err != nil || !info.IsDir() || !ok || owner != os.Geteuid() || time.Since(info.ModTime()) < tempGrace {
			continue
		}
		left := &cluster{dir: filepath.Join(folder, tempData), log: cfg.Log}
		if left.lockFolder() != nil {
			continue
		}
		if left.stopLeftover(ctx) == nil {
			_ = os.RemoveAll(folder)
		}
		left.unlock()
	}
}
