package realserver

import (
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

const supported = true

// detach gives the command a process group of its own, out of reach of the terminal's ^C, and another user if u is set.
func detach(cmd *exec.Cmd, u *user.User) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if u == nil {
		return nil
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// suspend stops every process of the group in its tracks; proceed lets them go on.
func suspend(group int) error { return syscall.Kill(-group, syscall.SIGSTOP) }
func proceed(group int) error { return syscall.Kill(-group, syscall.SIGCONT) }
