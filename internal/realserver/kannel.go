package realserver

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// KannelConfig says what a Kannel is to be like.
type KannelConfig struct {
	// PostURL is where an incoming SMS is posted, with Kannel's escapes, as in
	// "http://127.0.0.1:8080/in?from=%p&to=%P&coding=%c&charset=%C&id=%I". Default: incoming SMS are dropped. What is not
	// answered with 200 is posted again every second, and so are delivery reports.
	PostURL string
}

// Gateway is a running Kannel: a bearerbox, which talks to the SMS centre, and a smsbox, which talks to us.
type Gateway struct {
	// Bearerbox and Smsbox are started, stopped and killed each for itself. A smsbox that has lost its bearerbox is no
	// longer of use: start the bearerbox, then the smsbox (which is replaced if it still lingers), and call
	// [SMSC.Connect]. Stop the smsbox before the bearerbox, which waits for it.
	Bearerbox, Smsbox *Program
	// SendSMSURL is where an SMS to send is requested, without the query.
	SendSMSURL         string
	Username, Password string
	// AccessLog is a file in which the bearerbox notes every SMS.
	AccessLog string
	// SMSC is the SMS centre, connected.
	SMSC *SMSC
}

// The trap in it: "global-sender" would replace the "to" of an incoming SMS.
var kannelConfig = template.Must(template.New("kannel.conf").Parse(`
group = core
admin-port = {{.Admin}}
admin-interface = 127.0.0.1
admin-password = {{.Password}}
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {{.Smsbox}}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{{.Dir}}/bearerbox.log"
log-level = 1
access-log = "{{.AccessLog}}"
store-type = spool
store-location = "{{.Dir}}/store"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = {{.SMSC}}
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {{.SendSMS}}
sendsms-interface = 127.0.0.1
log-file = "{{.Dir}}/smsbox.log"
log-level = 1
http-request-retry = 10000
http-queue-delay = 1

group = sendsms-user
username = {{.Username}}
password = {{.Password}}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
accepted-smsc = FAKE
max-messages = 0
omit-empty = true
{{if .PostURL}}post-url = "{{.PostURL}}"{{else}}text = ""{{end}}
`))

// Kannel starts a bearerbox and a smsbox, plays their SMS centre, and ends all that with the test.
func Kannel(tb testing.TB, cfg KannelConfig) *Gateway {
	tb.Helper()
	for _, program := range []string{"bearerbox", "smsbox"} {
		kind{program: program, debian: "kannel"}.need(tb)
	}
	k := &kannel{}
	tb.Cleanup(func() {
		if err := k.close(); err != nil {
			tb.Errorf("kannel: %v", err)
		}
	})
	if err := k.prepare(cfg); err != nil {
		tb.Fatalf("kannel: %v", err)
	}
	g := &Gateway{
		Bearerbox:  &Program{tb, k.bearerbox},
		Smsbox:     &Program{tb, k.smsbox},
		SendSMSURL: "http://" + k.ports.addr(sendSMSPort) + "/cgi-bin/sendsms",
		Username:   kannelUser,
		Password:   k.password,
		AccessLog:  k.path(accessLog),
		SMSC:       newSMSC(tb, k.ports.addr(smscPort)),
	}
	g.Bearerbox.showLog()
	g.Smsbox.showLog()
	g.Bearerbox.Start()
	g.Smsbox.Start()
	g.SMSC.Connect()
	return g
}

const (
	kannelUser = "gateway"
	accessLog  = "access.log"
)

type kannel struct {
	folder
	password          string
	bearerbox, smsbox *process
}

func (k *kannel) prepare(cfg KannelConfig) error {
	if strings.ContainsAny(cfg.PostURL, "\"\n") {
		return errors.New("PostURL cannot stand in Kannel's configuration")
	}
	if err := k.make("kannel", "kannel"); err != nil {
		return err
	}
	if err := os.Mkdir(k.path("store"), 0o700); err != nil {
		return err
	}
	k.password = rand.Text()
	var b strings.Builder
	if err := kannelConfig.Execute(&b, map[string]any{
		"Dir": k.dir, "AccessLog": k.path(accessLog), "PostURL": cfg.PostURL, "Username": kannelUser, "Password": k.password,
		"Admin": k.ports.port(adminPort), "Smsbox": k.ports.port(smsboxPort),
		"SMSC": k.ports.port(smscPort), "SendSMS": k.ports.port(sendSMSPort),
	}); err != nil {
		return err
	}
	if err := k.write("kannel.conf", b.String()); err != nil {
		return err
	}
	k.bearerbox = k.box("bearerbox", adminPort, smsboxPort, smscPort)
	k.smsbox = k.box("smsbox", sendSMSPort)
	k.smsbox.ready = k.joined
	return k.give()
}

func (k *kannel) box(name string, uses ...int) *process {
	p := &process{
		name:   name,
		dir:    k.dir,
		args:   []string{find(name), "-v", "3", k.path("kannel.conf")},
		user:   k.user,
		polite: syscall.SIGINT,
		logs:   []string{k.path(name + ".log")},
	}
	for _, use := range uses {
		p.ports = append(p.ports, k.ports.port(use))
	}
	return p
}

// joined says whether the bearerbox knows of a smsbox: before that it queues what comes in.
func (k *kannel) joined() bool {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	answer, err := client.Get("http://" + k.ports.addr(adminPort) + "/status.txt?password=" + k.password)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	return err == nil && answer.StatusCode == http.StatusOK && strings.Contains(string(text), "smsbox:")
}

func (k *kannel) close() error {
	var err error
	for _, p := range []*process{k.smsbox, k.bearerbox} {
		if p != nil {
			err = errors.Join(err, p.kill())
		}
	}
	return errors.Join(err, k.remove())
}
