package realserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// An instance is one server with its folder and its accounts. It outlives a test when it is shared.
type instance struct {
	folder
	kind  kind
	value Server // what every test is shown

	process  *process
	register func(name, password string) error
	// written says whether the account with that password has reached the disk; nil: it has once registered.
	written func(password string) bool

	mu       sync.Mutex        // guards those below
	accounts map[string]string // name to password
	unsure   string            // the password of the newest account, until it is known to be on disk
}

// launch prepares the folder, starts the server and waits until it listens.
func launch(k kind, cfg Config) (i *instance, err error) {
	i = &instance{kind: k, accounts: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.close())
		}
	}()
	if err := i.make(k.name, k.user); err != nil {
		return i, err
	}
	i.value = Server{
		Name:          k.name,
		Domain:        "example.org",
		Rooms:         "rooms.example.org",
		OtherRooms:    "halls.example.org",
		Pubsub:        "pubsub.example.org",
		Secret:        rand.Text(),
		Addr:          i.ports.addr(clientPort),
		DirectTLSAddr: i.ports.addr(directPort),
		ComponentAddr: i.ports.addr(componentPort),
		instance:      i,
	}
	if len(cfg.Components) == 0 {
		cfg.Components = []string{"sms"}
	}
	for _, name := range cfg.Components {
		i.value.Components = append(i.value.Components, name+"."+i.value.Domain)
	}
	if i.value.Roots, err = writeCertificate(i.dir, i.value.Domain, i.value.Rooms, i.value.OtherRooms, i.value.Pubsub); err != nil {
		return i, err
	}
	if err := k.prepare(i, cfg); err != nil {
		return i, err
	}
	if err := i.give(); err != nil {
		return i, err
	}
	if err := i.process.start(); err != nil {
		return i, fmt.Errorf("%w\n%s", err, i.process.log())
	}
	return i, nil
}

// server is the instance as the test tb sees it; if the test fails, it shows the server's log.
func (i *instance) server(tb testing.TB) *Server {
	s := i.value
	s.Program = Program{tb: tb, process: i.process}
	s.showLog()
	return &s
}

func (i *instance) account(name string) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if password, ok := i.accounts[name]; ok {
		return password, nil
	}
	password := rand.Text()
	if err := i.register(name, password); err != nil {
		return "", err
	}
	i.accounts[name], i.unsure = password, password
	return password, nil
}

// settle waits until all accounts are on disk.
func (i *instance) settle() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.unsure != "" && i.written != nil && !poll(startTimeout, func() bool { return i.written(i.unsure) }) {
		return fmt.Errorf("an account has not reached the disk after %v", startTimeout)
	}
	i.unsure = ""
	return nil
}

// close ends the server, quickly, for nobody will need what it has, and removes what it left, however far launch came.
func (i *instance) close() error {
	var err error
	if i.process != nil {
		err = i.process.kill()
	}
	return errors.Join(err, i.remove())
}
