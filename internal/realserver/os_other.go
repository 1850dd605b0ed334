//go:build !linux

package realserver

import (
	"errors"
	"os/exec"
	"os/user"
)

const supported = false

func detach(*exec.Cmd, *user.User) error { return errors.ErrUnsupported }
func suspend(int) error                  { return errors.ErrUnsupported }
func proceed(int) error                  { return errors.ErrUnsupported }
