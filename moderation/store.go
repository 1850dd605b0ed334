package moderation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Store keeps a few small things beyond the end of the program: keys and values that
// only a [Moderator] understands. Its methods are called one at a time, and never
// while the moderator is held up by them for long.
type Store interface {
	// Load gives everything that has been saved.
	Load() (map[string]string, error)
	// Save keeps values, all or none; "" removes one. When it returns without an
	// error, they are safe from a crash.
	Save(changes map[string]string) error
}

// FileStore is a [Store] in a file, which is only ever appended to and now and then
// written anew. A crash at any moment leaves what has been saved. It belongs to one
// process.
type FileStore struct {
	path string

	mu   sync.Mutex // guards everything below
	f    *os.File
	all  map[string]string
	size int64 // of the file
	live int64 // what size would be if it were written anew, about
}

// OpenStore opens a file, which it makes if need be, and reads it. A last line that a
// crash has torn is forgotten; anything else that is no line of a store is an error.
func OpenStore(path string) (*FileStore, error) {
	s := &FileStore{path: path, all: map[string]string{}}
	if err := s.read(); err != nil {
		return nil, err
	}
	if err := s.rewrite(); err != nil {
		return nil, err
	}
	return s, nil
}

// Load gives a copy of everything.
func (s *FileStore) Load() (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]string, len(s.all))
	for k, v := range s.all {
		all[k] = v
	}
	return all, nil
}

// Save blocks until the changes are on disk.
func (s *FileStore) Save(changes map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(changes) == 0 {
		return nil
	}
	if s.f == nil {
		return fmt.Errorf("moderation: store: %w", fs.ErrClosed)
	}
	line, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if _, err = s.f.Write(line); err == nil {
		err = s.f.Sync()
	}
	if err != nil {
		// Half a line may be there: what follows must not continue it.
		if e := s.f.Truncate(s.size); e != nil {
			err = errors.Join(err, e, s.f.Close())
			s.f = nil
		}
		return fmt.Errorf("moderation: store: %w", err)
	}
	s.size += int64(len(line))
	s.apply(changes)
	if s.size > minRewrite && s.size > 4*s.live {
		return s.rewrite()
	}
	return nil
}

// minRewrite is how large a file may grow without being written anew.
const minRewrite = 1 << 20

// Close lets go of the file.
func (s *FileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	s.f = nil
	return err
}

func (s *FileStore) apply(changes map[string]string) {
	cost := func(k, v string) int64 { return int64(len(k) + len(v) + 16) }
	for k, v := range changes {
		if old, ok := s.all[k]; ok {
			s.live -= cost(k, old)
			delete(s.all, k)
		}
		if v != "" {
			s.live += cost(k, v)
			s.all[k] = v
		}
	}
}

func (s *FileStore) read() error {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("moderation: store: %w", err)
	}
	return errors.Join(s.readFrom(bufio.NewReader(f)), f.Close())
}

func (s *FileStore) readFrom(r *bufio.Reader) error {
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // a torn line, or none
		}
		if err != nil {
			return fmt.Errorf("moderation: store: %w", err)
		}
		var changes map[string]string
		if err := json.Unmarshal(bytes.TrimSpace(line), &changes); err != nil {
			return fmt.Errorf("moderation: store: %s:%d: %w", s.path, n, err)
		}
		s.apply(changes)
	}
}

// rewrite puts what there is into a new file and that in place of the old one.
func (s *FileStore) rewrite() error {
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*")
	if err != nil {
		return fmt.Errorf("moderation: store: %w", err)
	}
	size, err := s.writeAll(f)
	if err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		return fmt.Errorf("moderation: store: %w", errors.Join(err, f.Close(), os.Remove(f.Name())))
	}
	old := s.f
	s.f, s.size = f, size
	err = syncFolder(filepath.Dir(s.path))
	if old != nil {
		err = errors.Join(err, old.Close())
	}
	if err != nil {
		return fmt.Errorf("moderation: store: %w", err)
	}
	return nil
}

func (s *FileStore) writeAll(f *os.File) (size int64, err error) {
	w := bufio.NewWriter(f)
	for k, v := range s.all {
		line, err := json.Marshal(map[string]string{k: v})
		if err != nil {
			return 0, err
		}
		n, err := w.Write(append(line, '\n'))
		if err != nil {
			return 0, err
		}
		size += int64(n)
	}
	return size, errors.Join(w.Flush(), f.Sync())
}

// syncFolder makes a rename safe from a crash.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(ignoreUnsupported(err), d.Close())
}

// ignoreUnsupported is for systems where a folder cannot be synced and need not be.
func ignoreUnsupported(err error) error {
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// memory is a Store that forgets.
type memory struct{}

func (memory) Load() (map[string]string, error) { return nil, nil }
func (memory) Save(map[string]string) error     { return nil }
