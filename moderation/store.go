package moderation

// Store keeps a few small things beyond the end of the program: keys and values that
// only a [Moderator] understands. Its methods are called one at a time.
type Store interface {
	// Load gives everything.
	Load() (map[string]string, error)
	// Put keeps a value, "" removes it. When it returns, the value is safe from a
	// crash.
	Put(key, value string) error
}
