# What the scripts share: finding the toolchain, installing missing system packages, building.
#
# To be sourced. Sets `root`, the repository's folder. Messages go to standard error, so that standard
# output carries results only. Exit codes are those of sysexits.h, as the program's own.

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"

# Where SwiftPM puts the release build; the folders are given to it so that its settings can not
# lead elsewhere.
scratch="$root/.build"
product="$scratch/release/hypermarch"

# Tells of the last build that succeeded: see product_is_fresh.
stamp="$scratch/hypermarch.stamp"

readonly EX_UNAVAILABLE=69 EX_SOFTWARE=70

say() { printf 'hypermarch: %s\n' "$*" >&2; }

# fail CODE MESSAGE
fail() {
  say "error: $2"
  exit "$1"
}

have() { command -v "$1" >/dev/null 2>&1; }

require_toolchain() {
  have swift || fail "$EX_UNAVAILABLE" \
    "found no swift, expected a Swift 6.2 toolchain or newer in PATH: https://www.swift.org/install"
}

toolchain_lacks_libraries() {
  local folder
  folder="$(dirname -- "$(readlink -f -- "$(command -v swift)")")"
  [[ "$(ldd "$folder/swift-frontend" "$folder/swift-package" 2>/dev/null)" == *"not found"* ]]
}

# Prints the names of the Debian packages that are missing, one a line. Each is looked for by what it
# is needed for, so that other distributions, and libraries built by hand, count too.
missing_packages() {
  # SwiftPM fetches with git, over TLS.
  have git || echo git
  [[ -d /etc/ssl/certs ]] || echo ca-certificates
  # The toolchain is linked with libraries of the system.
  if toolchain_lacks_libraries; then
    printf '%s\n' libcurl4-openssl-dev libncurses-dev libsqlite3-dev libxml2-dev uuid-dev
  fi
  # Swift's own clang brings neither a linker nor the C and C++ libraries to link with.
  if ! compgen -G '/usr/lib*/gcc/*/*/libstdc++.so' >/dev/null || [[ ! -e /usr/include/stdlib.h ]]; then
    echo g++
  fi
  have ld.gold || echo binutils-gold
  have pkg-config || echo pkg-config
  pkg-config --exists libpng 2>/dev/null || echo libpng-dev
  pkg-config --exists openblas 2>/dev/null || echo libopenblas-dev
}

# Installs what is missing, and says so. Does nothing where nothing is missing.
install_missing_packages() {
  local -a packages as_root=()
  mapfile -t packages < <(missing_packages)
  if ((${#packages[@]} == 0)); then return; fi

  have apt-get || fail "$EX_UNAVAILABLE" \
    "found no apt-get to install the missing packages with; install what Debian calls ${packages[*]}"
  if ((EUID != 0)); then
    have sudo || fail "$EX_UNAVAILABLE" \
      "found no right to install packages; as root, run: apt-get install ${packages[*]}"
    as_root=(sudo)
  fi
  say "installing the missing system packages ${packages[*]}${as_root:+ with sudo}"

  # libpng reads files from strangers: whenever packages are installed it is brought to the newest of
  # the distribution too. (apt-get install upgrades what is installed already.)
  local log
  log="$(mktemp)"
  if ! {
    "${as_root[@]}" apt-get update || say "the package lists could not be updated: trying the old ones"
    # An empty mirror list or a stale one shows here, and so does a name this Debian does not have.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "${packages[@]}" libpng-dev
  } >"$log" 2>&1 </dev/null; then
    tail -n 20 -- "$log" >&2
    rm -f -- "$log"
    fail "$EX_UNAVAILABLE" "apt-get could not install ${packages[*]}"
  fi
  rm -f -- "$log"
}

# Prints what a build depends on beside the sources: the toolchain, and the versions of the
# dependencies.
build_circumstances() {
  stat --dereference --format='%n %s %Y' -- "$(command -v swift)"
  if [[ -e "$root/Package.resolved" ]]; then cksum <"$root/Package.resolved"; fi
}

# Whether the product was built from what is here now. Asks for changes of status rather than of
# contents (-cnewer), because copying and unpacking can give a changed file an old date; folders are
# asked too, so that a removed file counts.
product_is_fresh() {
  [[ -x "$product" && -f "$stamp" ]] || return 1
  [[ "$(<"$stamp")" == "$(build_circumstances)" ]] || return 1
  [[ -z "$(find "$root/Package.swift" "$root/Sources" -cnewer "$stamp" -print -quit)" ]]
}

# Builds the product for use, silently unless it fails.
build_product() {
  mkdir -p -- "$scratch"
  local log="$scratch/hypermarch.log" started
  if [[ -x "$product" ]]; then
    say "building, because the sources have changed"
  else
    say "building for the first time, which takes a minute or so"
  fi
  # The stamp carries the time before the build, so that what changes meanwhile is built next time.
  started="$(date --rfc-3339=ns)"
  if ! swift build --package-path "$root" --scratch-path "$scratch" \
    --configuration release --product hypermarch >"$log" 2>&1 </dev/null; then
    cat -- "$log" >&2
    fail "$EX_SOFTWARE" "the build failed, for the reason above"
  fi
  build_circumstances >"$stamp.$$"
  touch --date="$started" -- "$stamp.$$"
  mv -f -- "$stamp.$$" "$stamp"
}
