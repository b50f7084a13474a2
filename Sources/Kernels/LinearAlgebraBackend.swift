internal import COpenBLAS

/// Which BLAS is in use.
package enum LinearAlgebraBackend {
  /// The library's version and the kernels it chose, as in "OpenBLAS 0.3.21 … (Zen)".
  package static var description: String {
    let configuration = unsafe text(openblas_get_config()) ?? "OpenBLAS"
    let core = unsafe text(openblas_get_corename()) ?? "unknown kernels"
    return "\(configuration) (\(core))"
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }
}
