// Does what `snap download` does, with snapd's own packages and with a root that may be chosen: the .assert stream goes to stdout.
// usage: snapd-download URL NAME CHANNEL TRUST.assert TARGET.snap
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"github.com/snapcore/snapd/asserts"
	"github.com/snapcore/snapd/asserts/snapasserts"
	"github.com/snapcore/snapd/snap"
	"github.com/snapcore/snapd/store"
)

func open(trusted string) *asserts.Database {
	file, err := os.Open(trusted)
	check(err)
	defer file.Close()
	decoder := asserts.NewDecoder(file)
	var roots []asserts.Assertion
	for {
		root, err := decoder.Decode()
		if err != nil {
			break
		}
		roots = append(roots, root)
	}
	db, err := asserts.OpenDatabase(&asserts.DatabaseConfig{Backstore: asserts.NewMemoryBackstore(), Trusted: roots})
	check(err)
	return db
}

func main() {
	base, err := url.Parse(os.Args[1])
	check(err)
	name, channel, db, target := os.Args[2], os.Args[3], open(os.Args[4]), os.Args[5]
	snap.SanitizePlugsSlots = func(*snap.Info) {}
	config := store.DefaultConfig()
	config.StoreBaseURL, config.AssertionsBaseURL = base, base
	config.Architecture = "amd64"
	sto := store.New(config, nil)

	action := &store.SnapAction{Action: "download", InstanceName: name, Channel: channel}
	found, _, err := sto.SnapAction(context.TODO(), nil, []*store.SnapAction{action}, nil, nil, nil)
	check(err)
	info := found[0].Info
	check(sto.Download(context.TODO(), name, target, &info.DownloadInfo, nil, nil, nil))
	digest, size, err := asserts.SnapFileSHA3_384(target)
	check(err)

	encoder := asserts.NewEncoder(os.Stdout)
	retrieve := func(ref *asserts.Ref) (asserts.Assertion, error) { return sto.Assertion(ref.Type, ref.PrimaryKey, nil) }
	save := func(assertion asserts.Assertion) error {
		if err := db.Add(assertion); err != nil {
			return err
		}
		return encoder.Encode(assertion)
	}
	check(snapasserts.FetchSnapAssertions(asserts.NewFetcher(db, retrieve, save), digest, info.Provenance()))
	_, err = snapasserts.CrossCheck(name, digest, info.Provenance(), size, &info.SideInfo, nil, db)
	check(err)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
