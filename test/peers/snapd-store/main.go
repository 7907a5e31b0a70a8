// Asks a store with snapd's own client what a machine asks that has snaps installed, and prints the answers as one JSON document.
// usage: snapd-store URL CHANNEL TARGET TRUST.assert HELD.assert...
// HELD are the streams of the installed snaps, each at revision 1 and tracking CHANNEL; the first of them is installed anew, into TARGET.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/snapcore/snapd/asserts"
	"github.com/snapcore/snapd/asserts/assertstest"
	"github.com/snapcore/snapd/overlord/auth"
	"github.com/snapcore/snapd/snap"
	"github.com/snapcore/snapd/store"
)

// device has a serial, and so must get itself a session first.
type device struct {
	state    auth.DeviceState
	sessions []string
	params   store.DeviceSessionRequestParams
}

func (d *device) Device() (*auth.DeviceState, error) { state := d.state; return &state, nil }

func (d *device) UpdateDeviceAuth(_ *auth.DeviceState, session string) (*auth.DeviceState, error) {
	d.state.SessionMacaroon = session
	d.sessions = append(d.sessions, session)
	return d.Device()
}

func (d *device) UpdateUserAuth(user *auth.UserState, _ []string) (*auth.UserState, error) {
	return user, nil
}
func (d *device) StoreID(fallback string) (string, error) { return fallback, nil }
func (d *device) DeviceSessionRequestParams(nonce string) (*store.DeviceSessionRequestParams, error) {
	return &d.params, nil
}
func (d *device) ProxyStoreParams(base *url.URL) (string, *url.URL, error) { return "", base, nil }
func (d *device) CloudInfo() (*auth.CloudInfo, error)                      { return nil, nil }

func newDevice() *device {
	key, _ := assertstest.GenerateKey(752)
	encoded, err := asserts.EncodePublicKey(key.PublicKey())
	check(err)
	brand := assertstest.NewSigningDB("some-brand", key)
	sign := func(kind *asserts.AssertionType, headers map[string]interface{}) asserts.Assertion {
		headers["brand-id"], headers["model"], headers["timestamp"] = "some-brand", "some-model", time.Now().Format(time.RFC3339)
		signed, err := brand.Sign(kind, headers, nil, "")
		check(err)
		return signed
	}
	model := sign(asserts.ModelType, map[string]interface{}{"series": "16", "classic": "true"})
	serial := sign(asserts.SerialType, map[string]interface{}{
		"authority-id": "some-brand", "serial": "1", "device-key": string(encoded), "device-key-sha3-384": key.PublicKey().ID()})
	request, err := asserts.SignWithoutAuthority(asserts.DeviceSessionRequestType, map[string]interface{}{
		"brand-id": "some-brand", "model": "some-model", "serial": "1", "nonce": "any", "timestamp": time.Now().Format(time.RFC3339)}, nil, key)
	check(err)
	return &device{
		state:  auth.DeviceState{Brand: "some-brand", Model: "some-model", Serial: "1"},
		params: store.DeviceSessionRequestParams{Request: request.(*asserts.DeviceSessionRequest), Serial: serial.(*asserts.Serial), Model: model.(*asserts.Model)},
	}
}

// database holds what was acknowledged when the snaps were installed.
func database(trusted string, held []string) *asserts.Database {
	roots := asserts.NewBatch(nil)
	file, err := os.Open(trusted)
	check(err)
	defer file.Close()
	decoder := asserts.NewDecoder(file)
	var trust []asserts.Assertion
	for {
		root, err := decoder.Decode()
		if err != nil {
			break
		}
		trust = append(trust, root)
	}
	db, err := asserts.OpenDatabase(&asserts.DatabaseConfig{Backstore: asserts.NewMemoryBackstore(), Trusted: trust})
	check(err)
	for _, path := range held {
		stream, err := os.ReadFile(path)
		check(err)
		_, err = roots.AddStream(bytes.NewReader(stream))
		check(err)
	}
	check(roots.CommitTo(db, &asserts.CommitOptions{Precheck: true}))
	return db
}

func declarations(db *asserts.Database) map[string]*asserts.SnapDeclaration {
	found, err := db.FindMany(asserts.SnapDeclarationType, nil)
	check(err)
	byName := make(map[string]*asserts.SnapDeclaration)
	for _, assertion := range found {
		declaration := assertion.(*asserts.SnapDeclaration)
		byName[declaration.SnapName()] = declaration
	}
	return byName
}

// refreshAssertions does what snapd does before it refreshes any snap: all declarations it holds, with what they need, in as few questions as it can.
func refreshAssertions(sto *store.Store, db *asserts.Database) map[string]string {
	pool := asserts.NewPool(db, 64)
	for name, declaration := range declarations(db) {
		check(pool.AddToUpdate(declaration.Ref(), name))
	}
	for round := 0; round < 10; round++ {
		_, results, err := sto.SnapAction(context.TODO(), nil, nil, pool, nil, nil)
		if failure, ok := err.(*store.SnapActionError); !ok || !failure.NoResults || len(failure.Other) != 0 {
			check(err)
		}
		if len(results) == 0 {
			break
		}
		for _, result := range results {
			batch := asserts.NewBatch(nil)
			check(sto.DownloadAssertions(result.StreamURLs, batch, nil))
			_, err := pool.AddBatch(batch, result.Grouping)
			check(err)
		}
	}
	check(pool.CommitTo(db))
	failed := make(map[string]string)
	for name, err := range pool.Errors() {
		failed[name] = err.Error()
	}
	return failed
}

func describe(results []store.SnapActionResult) map[string]string {
	told := make(map[string]string)
	for _, result := range results {
		told[result.InstanceName()] = fmt.Sprintf("%s %s %s %s", result.Revision, result.Channel, result.RedirectChannel, result.Confinement)
	}
	return told
}

// commands takes what snapd would suggest for a command that is not found.
type commands struct{}

func (commands) AddSnap(_, _, _ string, _ []string) error { return nil }

func main() {
	snap.SanitizePlugsSlots = func(*snap.Info) {}
	base, err := url.Parse(os.Args[1])
	check(err)
	channel, target, held := os.Args[2], os.Args[3], os.Args[5:]
	db := database(os.Args[4], held)
	config := store.DefaultConfig()
	config.StoreBaseURL, config.AssertionsBaseURL = base, base
	config.Architecture = "amd64"
	me := newDevice()
	sto := store.New(config, me)
	answers := make(map[string]interface{})

	answers["assertion-errors"] = refreshAssertions(sto, db)
	revisions := make(map[string]int)
	var installed []*store.CurrentSnap
	var refreshes []*store.SnapAction
	infos := make(map[string]map[string]string)
	for name, declaration := range declarations(db) {
		revisions[name] = declaration.Revision()
		info, err := sto.SnapInfo(context.TODO(), store.SnapSpec{Name: name}, nil)
		if err != nil {
			infos[name] = map[string]string{"error": err.Error()}
			continue
		}
		channels := make(map[string]string)
		for at, released := range info.Channels {
			channels[at] = released.Revision.String()
		}
		infos[name] = channels
		installed = append(installed, &store.CurrentSnap{InstanceName: name, SnapID: declaration.SnapID(), Revision: snap.R(1), TrackingChannel: channel})
		refreshes = append(refreshes, &store.SnapAction{Action: "refresh", InstanceName: name, SnapID: declaration.SnapID()})
	}
	answers["declarations"], answers["info"] = revisions, infos

	refreshed, _, err := sto.SnapAction(context.TODO(), installed, refreshes, nil, nil, nil)
	check(err)
	answers["refresh"] = describe(refreshed)
	for _, current := range installed {
		for _, result := range refreshed {
			if result.InstanceName() == current.InstanceName {
				current.Revision = result.Revision
			}
		}
	}
	_, _, err = sto.SnapAction(context.TODO(), installed, refreshes, nil, nil, nil)
	again := make(map[string]string)
	for name, err := range err.(*store.SnapActionError).Refresh {
		again[name] = err.Error()
	}
	answers["refresh-again"] = again

	first, err := asserts.NewDecoder(bytes.NewReader(lastOf(held[0]))).Decode()
	check(err)
	name := nameOf(db, first.HeaderString("snap-id"))
	cohorts, err := sto.CreateCohorts(context.TODO(), []string{name})
	check(err)
	install := &store.SnapAction{Action: "install", InstanceName: name, CohortKey: cohorts[name]}
	found, _, err := sto.SnapAction(context.TODO(), nil, []*store.SnapAction{install}, nil, nil, nil)
	check(err)
	answers["install"] = describe(found)
	check(sto.Download(context.TODO(), name, target, &found[0].DownloadInfo, nil, nil, nil))

	sections, err := sto.Sections(context.TODO(), nil)
	check(err)
	var names bytes.Buffer
	check(sto.WriteCatalogs(context.TODO(), &names, commands{}))
	answers["sections"], answers["names"], answers["sessions"] = len(sections), strings.Fields(names.String()), me.sessions
	check(json.NewEncoder(os.Stdout).Encode(answers))
}

// lastOf gives the last assertion of a stream: the snap-revision.
func lastOf(path string) []byte {
	stream, err := os.ReadFile(path)
	check(err)
	return stream[bytes.LastIndex(stream, []byte("type: snap-revision\n")):]
}

func nameOf(db *asserts.Database, id string) string {
	for name, declaration := range declarations(db) {
		if declaration.SnapID() == id {
			return name
		}
	}
	return ""
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
