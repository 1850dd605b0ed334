package realserver

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// A folder is the temporary one in which a server lives, with what else is its own: its user and its ports.
type folder struct {
	dir   string
	user  *user.User // whom the server runs as; nil: whoever runs the test
	guard *guard
	ports *ports
}

// make also sets the guard, who removes the folder should this process die.
func (f *folder) make(name, owner string) (err error) {
	if f.dir, err = os.MkdirTemp("", "xmppkit-"+name+"-"); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // none of the servers is meant to be root
		var unknown user.UnknownUserError
		if f.user, err = user.Lookup(owner); err != nil && !errors.As(err, &unknown) {
			return err
		}
	}
	if f.guard, err = newGuard(f.dir); err != nil {
		return err
	}
	f.ports, err = claimPorts()
	return err
}

// give makes the folder the property of the user that the server runs as.
func (f *folder) give() error {
	if f.user == nil {
		return nil
	}
	uid, err := strconv.Atoi(f.user.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(f.user.Gid)
	if err != nil {
		return err
	}
	return filepath.WalkDir(f.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

func (f *folder) path(elem ...string) string {
	return filepath.Join(append([]string{f.dir}, elem...)...)
}

func (f *folder) write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o700); err != nil {
		return err
	}
	return os.WriteFile(f.path(name), []byte(content), 0o600)
}

// remove undoes make, however far that came. What ran in the folder must have ended.
func (f *folder) remove() error {
	var err error
	if f.guard != nil {
		err = f.guard.dismiss()
	}
	if f.ports != nil {
		err = errors.Join(err, f.ports.release())
	}
	if f.dir != "" {
		err = errors.Join(err, os.RemoveAll(f.dir))
	}
	return err
}
