package pg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// ErrFolderClosed says that the user that PostgreSQL runs as cannot get to one of the folders it needs.
var ErrFolderClosed = errors.New("a folder is closed to PostgreSQL's user")

// account is the user that postgres runs as.
type account struct {
	name     string
	uid, gid int
	drop     bool // this process is root, and postgres refuses to be
}

// accountFor chooses it: this process's own user, or for root the one whom the data folder belongs to, else
// postgres, else nobody.
func accountFor(dir string) (account, error) {
	uid := os.Geteuid()
	if uid != 0 {
		return account{name: userName(uid), uid: uid, gid: os.Getegid()}, nil
	}
	if owner, group, ok := ownerOf(dir); ok && owner != 0 {
		return account{name: userName(owner), uid: owner, gid: group, drop: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{name: name, uid: uid, gid: gid, drop: true}, nil
		}
	}
	return account{}, errors.New("pg: PostgreSQL refuses to run as root, and this machine has neither the user " +
		"postgres nor nobody: add one, or start the server as an ordinary user")
}

// own makes path, and for a folder all in it, the account's.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
}

// makeFolders is os.MkdirAll whose new folders let the account through, whatever the umask says.
func (a account) makeFolders(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := a.makeFolders(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // postgres passes through
		return err
	}
	if !a.drop {
		return nil
	}
	return os.Chmod(path, 0o755) //nolint:gosec // as above
}

// explainClosed names the first folder on the way to one of the paths that the account may not enter, when
// there is one: "permission denied" says neither which nor why.
func (a account) explainClosed(paths ...string) error {
	for _, path := range paths {
		for _, folder := range ancestors(path) {
			info, err := os.Stat(folder)
			if err != nil || a.mayEnter(info) {
				continue
			}
			why := ""
			if a.drop {
				why = " (which PostgreSQL runs as, because it refuses to be root)"
			}
			return fmt.Errorf("pg: %w: user %s%s may not enter %s on the way to %s: choose another place, "+
				"or `chmod o+x %s`, or start the server as an ordinary user", ErrFolderClosed, a.name, why, folder, path, folder)
		}
	}
	return nil
}

func (a account) mayEnter(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	const ownerEnters, groupEnters, othersEnter = 0o100, 0o010, 0o001
	switch mode := info.Mode().Perm(); {
	case int(stat.Uid) == a.uid:
		return mode&ownerEnters != 0
	case int(stat.Gid) == a.gid:
		return mode&groupEnters != 0
	default:
		return mode&othersEnter != 0
	}
}

// ancestors gives the folders from the root down to path itself.
func ancestors(path string) []string {
	if parent := filepath.Dir(path); parent != path {
		return append(ancestors(parent), path)
	}
	return []string{path}
}

func ownerOf(path string) (uid, gid int, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
