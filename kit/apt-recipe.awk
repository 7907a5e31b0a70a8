# Rows of apt/packages.tsv, sorted by base, origin and name, into commands of aptly: a block for each base and origin.
function suite(base) {
  if (base ~ /18\.04/) return "bionic"
  if (base ~ /20\.04/) return "focal"
  if (base ~ /22\.04/) return "jammy"
  if (base ~ /24\.04/) return "noble"
  return "SUITE"
}

function mirror(name, url, of, for_archs) {
  printf "aptly mirror create -architectures=%s -filter='%s' -filter-with-deps %s %s %s\n", for_archs, filter, name, url, of
  printf "aptly mirror update %s\naptly snapshot create %s from mirror %s\n", name, name, name
}

function flush(    s, n, list, i, a, m, arch, ports) {
  if (key == "") return
  s = suite(base)
  n = split(names, list, " ")
  filter = list[1]
  for (i = 2; i <= n; i++) filter = filter " | " list[i]
  printf "\n# %s, %s: %d packages\n", base, origin, n
  if (origin ~ /^https?:/) {
    mirror(s "-other-" ++others, origin, s " main", archs)
    return
  }
  # Ubuntu keeps amd64 in one archive and the other architectures in another; the packages of both may be published together.
  m = split(archs, arch, ",")
  ports = ""
  for (a = 1; a <= m; a++) if (arch[a] != "amd64") ports = ports (ports == "" ? "" : ",") arch[a]
  if (ports != archs) suites(s, "", "http://archive.ubuntu.com/ubuntu", "amd64")
  if (ports != "") suites(s, "ports-", "http://ports.ubuntu.com/ubuntu-ports", ports)
}

function suites(s, prefix, url, for_archs,    i, a, m, arch, pocket) {
  split(s " " s "-updates " s "-security", pocket, " ")
  for (i = 1; i <= 3; i++) mirror(prefix pocket[i], url, pocket[i] " main universe", for_archs)
  printf "aptly snapshot merge -latest site-%s%s %s%s %s%s-updates %s%s-security\n", prefix, s, prefix, s, prefix, s, prefix, s
  printf "aptly publish snapshot -distribution=%s site-%s%s %s\n", s, prefix, s, (prefix == "" ? "ubuntu" : "ubuntu-ports")
  printf "# or whole suites with apt-mirror, which takes much more room; in /etc/apt/mirror.list:\n"
  m = split(for_archs, arch, ",")
  for (i = 1; i <= 3; i++)
    for (a = 1; a <= m; a++) printf "#   deb-%s %s %s main restricted universe multiverse\n", arch[a], url, pocket[i]
}

$1 !~ /^[a-z0-9][a-z0-9.+-]*$/ || $3 !~ /^[A-Za-z0-9.:\/_-]+$/ || $2 == "-" { next }
$2 "\t" $3 != key {
  flush()
  key = $2 "\t" $3
  base = $2
  origin = $3
  # Juju installs its own before any charm runs.
  names = (origin ~ /^https?:/) ? "" : juju " "
}
index(" " names, " " $1 " ") == 0 { names = names $1 " " }
END { flush() }
