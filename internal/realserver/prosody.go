package realserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"
)

// prosodyConfig is Prosody's configuration, which is Lua. Only what tests need is loaded; "limits" above all is not.
// Without the room cache and the generational collector Prosody is slow with many rooms. Stored items of a node are 20
// unless the node's configuration says more, up to pubsub_max_items.
var prosodyConfig = template.Must(template.New("prosody.cfg.lua").Funcs(template.FuncMap{"q": strconv.Quote}).Parse(`
data_path = {{q .Data}}
pidfile = {{q .Pid}}
certificates = {{q .Data}}
log = { { levels = { min = "info" }, to = "file", filename = {{q .Log}}, timestamps = true } }
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
component_interfaces = { "127.0.0.1" }
c2s_ports = { {{.Client}} }
c2s_direct_tls_ports = { {{.Direct}} }
component_ports = { {{.Component}} }
modules_enabled = { "posix", "roster", "saslauth", "tls", "disco", "ping", "version", "time", "lastactivity", "private", "pep" }
modules_disabled = { "s2s", "offline" }
ssl = { key = {{q .Key}}, certificate = {{q .Cert}} }
authentication = "internal_hashed"
storage = "internal"
gc = { mode = "generational" }
{{- if .Config.Plaintext}}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
{{- else}}
c2s_require_encryption = true
{{- end}}
disable_sasl_mechanisms = { "DIGEST-MD5"{{if .Config.NoPlain}}, "PLAIN"{{end}} }

VirtualHost {{q .Server.Domain}}
{{range .RoomServices}}
Component {{q .}} "muc"
	modules_enabled = { "muc_mam" }
	muc_room_locking = false
	muc_room_cache_size = 50000
	muc_log_expires_after = "never"
	max_archive_query_results = 1000
	restrict_room_creation = false
{{end}}
Component {{q .Server.Pubsub}} "pubsub"
	admins = { {{q .Publisher}} }
	pubsub_max_items = 100000
{{range .Server.Components}}
Component {{q .}}
	component_secret = {{q $.Server.Secret}}
{{end}}`))

func (i *instance) prepareProsody(cfg Config) error {
	if err := os.Mkdir(i.path("data"), 0o700); err != nil {
		return err
	}
	var b strings.Builder
	if err := prosodyConfig.Execute(&b, map[string]any{
		"Config":       cfg,
		"Server":       i.value,
		"RoomServices": []string{i.value.Rooms, i.value.OtherRooms},
		"Publisher":    Publisher + "@" + i.value.Domain,
		"Data":         i.path("data"),
		"Pid":          i.path("prosody.pid"),
		"Log":          i.path("prosody.log"),
		"Key":          i.path("key.pem"),
		"Cert":         i.path("cert.pem"),
		"Client":       i.ports.port(clientPort),
		"Direct":       i.ports.port(directPort),
		"Component":    i.ports.port(componentPort),
	}); err != nil {
		return err
	}
	if err := i.write("prosody.cfg.lua", b.String()); err != nil {
		return err
	}
	i.process = &process{
		name:   "prosody",
		dir:    i.dir,
		args:   []string{find("prosody"), "--config", i.path("prosody.cfg.lua"), "-F"},
		user:   i.user,
		ports:  []int{i.ports.port(clientPort), i.ports.port(directPort), i.ports.port(componentPort)},
		polite: syscall.SIGTERM,
		logs:   []string{i.path("prosody.log")},
	}
	i.register = i.registerProsody
	return nil
}

// registerProsody writes the account through prosodyctl, which takes 30 ms and works beside a running server.
func (i *instance) registerProsody(name, password string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, find("prosodyctl"), "--config", i.path("prosody.cfg.lua"), "register", name, i.value.Domain, password)
	cmd.Dir = i.dir
	cmd.Env = []string{searchPath, "HOME=" + i.dir}
	if err := detach(cmd, i.user); err != nil {
		return err
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("prosodyctl register: %w: %s", err, output)
	}
	return nil
}
