internal import CFieldKernels

/// One set of field kernels: those for one instruction set.
package struct FieldKernelBackend: Sendable, Hashable {
  private let index: Int32

  /// Every backend that this CPU runs, slowest first.
  package static let available: [FieldKernelBackend] = {
    var found: [FieldKernelBackend] = []
    var index: Int32 = 0
    while let backend = unsafe fk_backend_at(index) {
      if unsafe fk_backend_runs_here(backend) != 0 {
        found.append(FieldKernelBackend(index: index))
      }
      index += 1
    }
    return found
  }()

  /// The fastest one for this CPU.
  package static let best: FieldKernelBackend = {
    guard let best = available.last else {
      preconditionFailure("the portable kernels run anywhere")
    }
    return best
  }()

  /// Its name: "portable", "avx2" or "avx512".
  package var name: String {
    unsafe String(cString: fk_backend_name(cBackend))
  }

  var cBackend: OpaquePointer {
    guard let backend = unsafe fk_backend_at(index) else {
      preconditionFailure("only known indices are made")
    }
    return unsafe backend
  }
}
