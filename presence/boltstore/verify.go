package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The layout of a bbolt file, version 2, in the byte order of the machine.
const (
	pageHeader    = 16 // id 8, flags 2, count 2, overflow 4
	element       = 16 // leaf: flags 4, pos 4, ksize 4, vsize 4; branch: pos 4, ksize 4, page 8
	bucketHeader  = 16 // root page 8, sequence 8
	metaSize      = 64 // magic 4, version 4, page size 4, flags 4, root 8, sequence 8, freelist 8, pages 8, txid 8, checksum 8
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	branchPage    = 1
	leafPage      = 2
	metaPage      = 4
	freelistPage  = 16
	bucketElement = 1
	noFreelist    = 1<<64 - 1
	minPageSize   = 1 << 10
	maxPageSize   = 1 << 24
)

var order = binary.NativeEndian

// verifier walks all pages of a file that can be reached.
type verifier struct {
	file  io.ReaderAt
	size  int64
	meta  meta
	seen  []bool
	stack []uint64
	page  []byte // reused
}

type meta struct {
	pageSize, root, freelist, pages, txid uint64
}

// verifyFile says what is wrong with the file, if anything; none, or an empty one,
// is right. It finds every page that is missing, misplaced, overwritten or in use
// twice; of what the pages hold only that it lies within them, in order.
func verifyFile(path string) (err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	if info.Size() == 0 {
		return nil
	}
	v := verifier{file: file, size: info.Size()}
	if err := v.verify(); err != nil {
		return fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	return nil
}

func (v *verifier) verify() error {
	if err := v.readMeta(); err != nil {
		return err
	}
	v.seen = make([]bool, v.meta.pages)
	v.seen[0], v.seen[1] = true, true
	v.stack = append(v.stack, v.meta.root)
	for len(v.stack) > 0 {
		last := len(v.stack) - 1
		id := v.stack[last]
		v.stack = v.stack[:last]
		page, err := v.read(id)
		if err == nil {
			err = v.tree(page, false)
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", id, err)
		}
	}
	if v.meta.freelist == noFreelist {
		return nil
	}
	page, err := v.read(v.meta.freelist)
	if err == nil {
		err = v.freelist(page)
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", v.meta.freelist, err)
	}
	return nil
}

// readMeta finds the newer of the two meta pages that is whole. A crash may leave
// one of them torn.
func (v *verifier) readMeta() error {
	found := false
	try := func(at int64) bool {
		m, ok := v.metaAt(at)
		if ok && (!found || m.txid > v.meta.txid) {
			v.meta, found = m, true
		}
		return ok
	}
	if try(0) {
		try(int64(v.meta.pageSize))
	} else {
		for size := int64(minPageSize); size <= maxPageSize && size < v.size; size <<= 1 {
			if try(size) {
				break
			}
		}
	}
	if !found {
		return errors.New("not a bbolt file")
	}
	if v.meta.pages < 3 || v.meta.pages > uint64(v.size)/v.meta.pageSize {
		return fmt.Errorf("cut short: %d bytes of %d pages of %d", v.size, v.meta.pages, v.meta.pageSize)
	}
	return nil
}

func (v *verifier) metaAt(at int64) (meta, bool) {
	var b [pageHeader + metaSize]byte
	if _, err := v.file.ReadAt(b[:], at); err != nil {
		return meta{}, false
	}
	data := b[pageHeader:]
	hash := fnv.New64a()
	_, _ = hash.Write(data[:metaSize-8]) // never fails
	m := meta{
		pageSize: uint64(order.Uint32(data[8:])),
		root:     order.Uint64(data[16:]),
		freelist: order.Uint64(data[32:]),
		pages:    order.Uint64(data[40:]),
		txid:     order.Uint64(data[48:]),
	}
	ok := order.Uint32(data) == metaMagic && order.Uint32(data[4:]) == metaVersion &&
		order.Uint64(data[56:]) == hash.Sum64() && order.Uint16(b[8:])&metaPage != 0 &&
		m.pageSize >= minPageSize && m.pageSize <= maxPageSize && m.pageSize&(m.pageSize-1) == 0
	return m, ok
}

var errReference = errors.New("referred to twice, or out of bounds")

// read returns a page with its overflow, and remembers that it is in use.
func (v *verifier) read(id uint64) ([]byte, error) {
	if id >= v.meta.pages || v.seen[id] {
		return nil, errReference
	}
	var header [pageHeader]byte
	at := int64(id * v.meta.pageSize)
	if _, err := v.file.ReadAt(header[:], at); err != nil {
		return nil, err
	}
	if order.Uint64(header[:]) != id {
		return nil, fmt.Errorf("says that it is page %d", order.Uint64(header[:]))
	}
	n := 1 + uint64(order.Uint32(header[12:]))
	if n > v.meta.pages-id {
		return nil, errReference
	}
	for i := range n {
		if v.seen[id+i] {
			return nil, errReference
		}
		v.seen[id+i] = true
	}
	if size := int(n * v.meta.pageSize); cap(v.page) < size {
		v.page = make([]byte, size)
	} else {
		v.page = v.page[:size]
	}
	_, err := v.file.ReadAt(v.page, at)
	return v.page, err
}

var errElement = errors.New("an element lies outside of the page, or out of order")

// tree checks the elements of a branch or leaf, and puts the pages below on the
// stack. A bucket within a page has none of its own.
func (v *verifier) tree(page []byte, inline bool) error {
	flags, count := order.Uint16(page[8:]), int(order.Uint16(page[10:]))
	if flags != branchPage && flags != leafPage {
		return fmt.Errorf("is of type %#x, not a branch or leaf", flags)
	}
	if pageHeader+count*element > len(page) || flags == branchPage && count == 0 {
		return errElement
	}
	var previous []byte
	for i := range count {
		start := pageHeader + i*element
		e := page[start:]
		var pos, ksize, vsize uint64
		if flags == branchPage {
			pos, ksize = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:]))
			v.stack = append(v.stack, order.Uint64(e[8:]))
		} else {
			pos, ksize, vsize = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
		}
		if uint64(start)+pos+ksize+vsize > uint64(len(page)) {
			return errElement
		}
		key := e[pos : pos+ksize]
		if i > 0 && bytes.Compare(previous, key) >= 0 {
			return errElement
		}
		previous = key
		if flags == leafPage && order.Uint32(e)&bucketElement != 0 {
			if inline {
				return errElement
			}
			if err := v.bucket(e[pos+ksize : pos+ksize+vsize]); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket checks the value that stands for a bucket: a page below, or one within.
func (v *verifier) bucket(value []byte) error {
	if len(value) < bucketHeader {
		return errElement
	}
	if root := order.Uint64(value); root != 0 {
		v.stack = append(v.stack, root)
		return nil
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader || order.Uint64(inline) != 0 || order.Uint16(inline[8:]) != leafPage {
		return errElement
	}
	return v.tree(inline, true)
}

// freelist checks that no page is free twice, or free and in use: it would be
// overwritten.
func (v *verifier) freelist(page []byte) error {
	if flags := order.Uint16(page[8:]); flags != freelistPage {
		return fmt.Errorf("is of type %#x, not a freelist", flags)
	}
	ids, count := page[pageHeader:], uint64(order.Uint16(page[10:]))
	if count == 0xFFFF { // too many for the header: the first element says how many
		count, ids = order.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids))/8 {
		return errElement
	}
	for i := range count {
		id := order.Uint64(ids[8*i:])
		if id >= v.meta.pages || v.seen[id] {
			return fmt.Errorf("free page %d: %w", id, errReference)
		}
		v.seen[id] = true
	}
	return nil
}
