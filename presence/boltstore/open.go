package boltstore

import (
	"errors"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrInUse is the error for a file that another process, or this one, has open.
var ErrInUse = errors.New("the file is in use")

// lockTimeout is how long OpenDB waits for another process to let go of the file.
const lockTimeout = time.Second

// OpenDB opens a bbolt file, or creates it, having looked whether every page of it
// is what it should be: bbolt itself trusts them. It reads the whole file and waits
// up to a second for a process that still has it open. The errors are [ErrDamaged]
// and [ErrInUse], or the system's, and name the file.
func OpenDB(path string) (*bolt.DB, error) {
	if err := verifyFile(path); err != nil {
		// A file that is being written looks damaged as well.
		if inUse(path) {
			return nil, fmt.Errorf("%s: %w", path, ErrInUse)
		}
		return nil, err
	}
	return open(path, false)
}

func inUse(path string) bool {
	db, err := open(path, true)
	if err == nil {
		err = db.Close()
	}
	return errors.Is(err, ErrInUse)
}

func open(path string, readOnly bool) (db *bolt.DB, err error) {
	var file *os.File
	err = guard(path, new(bool), func() error {
		var err error
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:  lockTimeout,
			ReadOnly: readOnly,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	case errors.Is(err, ErrDamaged):
		// bbolt gave up without closing it. The error that counts is the one we have.
		return nil, errors.Join(err, file.Close())
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	return nil, fmt.Errorf("open %s: %w", path, err)
}
