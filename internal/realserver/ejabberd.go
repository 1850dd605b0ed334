package realserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// fields is one mapping of ejabberd's configuration. It is written as JSON, which YAML contains.
type fields map[string]any

// ejabberdConfig raises every limit that a test could meet unknowingly: ejabberd's own are 100 rooms per user, 200
// occupants per room, presence for the first 1000 only, 10 sessions per account and 10 items per node.
func (i *instance) ejabberdConfig(cfg Config) fields {
	const plenty = 100000
	listen := func(use int, module string, more fields) fields {
		l := fields{"port": i.ports.port(use), "ip": "127.0.0.1", "module": module}
		for k, v := range more {
			l[k] = v
		}
		return l
	}
	components := fields{}
	for _, host := range i.value.Components {
		components[host] = fields{"password": i.value.Secret}
	}
	mechanisms := []string{"DIGEST-MD5", "X-OAUTH2"}
	if cfg.NoPlain {
		mechanisms = append(mechanisms, "PLAIN")
	}
	return fields{
		"hosts":     []string{i.value.Domain},
		"loglevel":  "warning",
		"certfiles": []string{i.path("server.pem")},
		"acme":      fields{"auto": false},
		// With the password at hand ejabberd offers every SCRAM; with a hash, only that hash's.
		"auth_method":             "internal",
		"auth_password_format":    "plain",
		"disable_sasl_mechanisms": mechanisms,
		"s2s_access":              "none",
		"max_fsm_queue":           10 * plenty,
		"shaper_rules":            fields{"max_user_sessions": plenty},
		"api_permissions": fields{"tests": fields{
			"from": []string{"mod_http_api"}, "who": fields{"ip": "127.0.0.1"}, "what": []string{"register", "stop"},
		}},
		"listen": []fields{
			listen(clientPort, "ejabberd_c2s", fields{"starttls": true, "starttls_required": !cfg.Plaintext}),
			listen(directPort, "ejabberd_c2s", fields{"tls": true}),
			listen(componentPort, "ejabberd_service", fields{"hosts": components}),
			listen(adminPort, "ejabberd_http", fields{"request_handlers": fields{"/api": "mod_http_api"}}),
		},
		"modules": fields{
			"mod_caps": fields{}, "mod_disco": fields{}, "mod_last": fields{}, "mod_private": fields{},
			"mod_roster": fields{}, "mod_time": fields{}, "mod_version": fields{}, "mod_http_api": fields{},
			"mod_mam": fields{"default": "never"},
			"mod_muc": fields{
				"hosts":  []string{i.value.Rooms, i.value.OtherRooms},
				"access": "all", "access_create": "all", "access_persistent": "all", "access_mam": "all",
				"max_user_conferences": plenty, "max_users": plenty, "max_users_admin_threshold": plenty,
				"max_users_presence": plenty, "max_rooms_discoitems": plenty,
				"default_room_options": fields{"mam": true, "max_users": plenty},
			},
			"mod_pubsub": fields{
				"host": i.value.Pubsub, "plugins": []string{"flat", "pep"}, "access_createnode": "all",
				"max_items_node": plenty, "default_node_config": fields{"max_items": plenty},
			},
		},
	}
}

// ejabberdctl reads its settings as shell. A set distribution port keeps it from starting epmd, which outlives every
// test, and dist_listen keeps even that port shut: nothing but the listeners above listens. Schedulers that do not spin
// leave a small machine to the test.
const ejabberdctlConfig = `ERL_DIST_PORT=%d
ERL_OPTIONS="-env ERL_CRASH_DUMP_BYTES 0 -dist_listen false +sbwt none +sbwtdcpu none +sbwtdio none"
`

// ejabberdctl goes to another user by su unless told that there is none; we have chosen the user already, and an
// ordinary one is not even let in.
var installUser = regexp.MustCompile(`(?m)^INSTALLUSER=.*$`)

func (i *instance) prepareEjabberd(cfg Config) error {
	for _, name := range []string{"spool", "logs"} {
		if err := os.Mkdir(i.path(name), 0o700); err != nil {
			return err
		}
	}
	config, err := json.MarshalIndent(i.ejabberdConfig(cfg), "", "  ")
	if err != nil {
		return err
	}
	script, err := os.ReadFile(find("ejabberdctl"))
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"ejabberd.yml":    string(config),
		"ejabberdctl.cfg": fmt.Sprintf(ejabberdctlConfig, i.ports.port(distributionPort)),
		"inetrc":          "{lookup,[\"file\",\"native\"]}.\n",
		"ejabberdctl":     string(installUser.ReplaceAll(script, []byte("INSTALLUSER="))),
	} {
		if err := i.write(name, content); err != nil {
			return err
		}
	}
	i.process = &process{
		name: "ejabberd",
		dir:  i.dir,
		args: []string{"/bin/bash", i.path("ejabberdctl"), "--config-dir", i.dir, "--spool", i.path("spool"), "--logs", i.path("logs"),
			"--node", "xmppkit" + strconv.Itoa(i.ports.port(clientPort)) + "@localhost", "foreground"},
		env:     []string{"EJABBERD_CONFIG_PATH=" + i.path("ejabberd.yml")},
		user:    i.user,
		ports:   []int{i.ports.port(clientPort), i.ports.port(directPort), i.ports.port(componentPort), i.ports.port(adminPort)},
		goodbye: i.stopEjabberd,
		logs:    []string{i.path("logs", "ejabberd.log")},
	}
	i.register, i.written = i.registerEjabberd, i.onDisk
	return nil
}

// registerEjabberd runs the command of "ejabberdctl register" through ejabberd's HTTP interface: milliseconds, where
// ejabberdctl starts a whole Erlang for each.
func (i *instance) registerEjabberd(name, password string) error {
	return i.command("register", map[string]string{"user": name, "host": i.value.Domain, "password": password})
}

// stopEjabberd is "ejabberdctl stop": clients are told system-shutdown.
func (i *instance) stopEjabberd() error { return i.command("stop", nil) }

// command runs one of ejabberdctl's commands by mod_http_api.
func (i *instance) command(name string, args map[string]string) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	if args == nil {
		body = []byte("{}")
	}
	// Not the default client: no proxy from the environment, and no connection is kept that goleak would find.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	answer, err := client.Post("http://"+i.ports.addr(adminPort)+"/api/"+name, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", name, answer.Status, text)
	}
	return err
}

// onDisk says whether the password of some account has reached the disk, and with it all that ejabberd wrote before:
// Mnesia logs in order, but holds each piece of its log back for up to two seconds. Passwords are unique.
func (i *instance) onDisk(password string) bool {
	names, _ := filepath.Glob(i.path("spool", "*")) // the pattern is well-formed, so there is no error
	for _, name := range names {
		// A file that vanishes meanwhile is a log that Mnesia has just put away; the next look finds where.
		if data, err := os.ReadFile(name); err == nil && bytes.Contains(data, []byte(password)) {
			return true
		}
	}
	return false
}
