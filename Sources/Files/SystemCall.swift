import Dispatch
import Glibc
import Synchronization

/// The failure of one of the system's calls on files, as a value.
struct SystemError: Error, Equatable {
  let code: Int32

  /// The error of the call that has just failed on this thread.
  static var last: SystemError { SystemError(code: errno) }

  /// The system's words for it, such as "No space left on device".
  var reason: String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}

/// Calls again while a signal interrupts, and returns the first other result.
///
/// - Throws: the error number where the result is −1.
func retrying<Value: BinaryInteger>(_ call: () -> Value) throws(SystemError) -> Value {
  while true {
    let result = call()
    if result != -1 { return result }
    let error = SystemError.last
    if error.code != EINTR { throw error }
  }
}

/// Writes all of `bytes`, in as many calls as the system needs.
func append(_ bytes: [UInt8], to file: Int32) throws(SystemError) {
  var byteCount = 0
  while byteCount < bytes.count {
    byteCount += try retrying {
      unsafe bytes.withUnsafeBytes { all in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: all[byteCount...])
        return unsafe write(file, rest.baseAddress, rest.count)
      }
    }
  }
}

/// Brings what an open file or folder holds to the disk, where its file system can.
func synchronise(_ file: Int32) throws(SystemError) {
  do {
    _ = try retrying { fsync(file) }
  } catch {
    guard [EINVAL, EOPNOTSUPP, ENOSYS].contains(error.code) else { throw error }
  }
}

/// Brings several files to the disk.
///
/// A disk that is asked for many at once carries them out together: eight threads that wait take a
/// fifth to a tenth of the time that one would.
///
/// - Returns: what failed, in the files' order.
func synchronise(_ files: [Int32]) -> [SystemError?] {
  let failures = Mutex([SystemError?](repeating: nil, count: files.count))
  let group = DispatchGroup()
  let threadCount = min(8, files.count)
  for thread in 0..<threadCount {
    // A queue of its own has a thread of its own, also where processors are few.
    DispatchQueue(label: "hypermarch.synchronise").async(group: group) {
      for index in stride(from: thread, to: files.count, by: threadCount) {
        do throws(SystemError) {
          try synchronise(files[index])
        } catch {
          failures.withLock { $0[index] = error }
        }
      }
    }
  }
  group.wait()
  return failures.withLock { $0 }
}

/// An open file or folder that is closed at the end of its life.
///
/// Its life may end with its last use, so `number` is passed on only where the value is used later.
struct Descriptor: ~Copyable {
  let number: Int32

  /// - Parameters:
  ///   - folder: where a relative `path` begins; `AT_FDCWD` for the working folder.
  ///   - permissions: of a file that `flags` create, before the process's mask.
  init(
    opening path: String, in folder: Int32 = AT_FDCWD, flags: Int32, permissions: mode_t = 0o666
  ) throws(SystemError) {
    number = try retrying { unsafe openat(folder, path, flags | O_CLOEXEC, permissions) }
  }

  /// What the descriptor is open on.
  func status() throws(SystemError) -> stat {
    var result = stat()
    _ = try retrying { unsafe fstat(number, &result) }
    return result
  }

  /// Reads into the part of `bytes` that begins at `start`, from a place in the file on.
  ///
  /// - Returns: how many bytes came, 0 at the end of the file.
  func read(into bytes: inout [UInt8], from start: Int, at offset: Int) throws(SystemError) -> Int {
    try retrying {
      unsafe bytes.withUnsafeMutableBytes { all in
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: all[start...])
        return unsafe pread(number, room.baseAddress, room.count, offset)
      }
    }
  }

  /// Brings what the file or folder holds to the disk, where its file system can.
  func synchronise() throws(SystemError) { try Files.synchronise(number) }

  /// Whether a lock of the file was got.
  enum LockOutcome { case obtained, taken, unknown }

  /// Locks the file until it is closed or the process ends, without waiting for another's lock.
  ///
  /// - Returns: `unknown` where the file system has no locks.
  func lock() -> LockOutcome {
    do {
      _ = try retrying { flock(number, LOCK_EX | LOCK_NB) }
      return .obtained
    } catch {
      return error.code == EWOULDBLOCK ? .taken : .unknown
    }
  }

  deinit { _ = close(number) }
}

/// What a path leads to.
///
/// - Parameter followingLinks: whether a link at the path's end counts as what it leads to.
func status(of path: String, followingLinks: Bool) throws(SystemError) -> stat {
  var result = stat()
  _ = try retrying {
    unsafe fstatat(AT_FDCWD, path, &result, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW)
  }
  return result
}

extension stat {
  var isFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
}
