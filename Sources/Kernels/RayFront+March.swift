internal import CFieldKernels

/// The steps of every turn: on to the next samples, and, once these are evaluated, compositing.
extension RayFront {
  /// Takes rays on to their next samples in cells of distance 0.
  ///
  /// A point outside the grid belongs to the nearest cell. Rays that have no further sample are for
  /// `removeEnded` to take away before anything else is done.
  ///
  /// - Parameter first: rays before this one keep the samples they have.
  package mutating func march(from first: Int, through space: EmptySpace) {
    endedCount = unsafe space.withCells { cells in
      unsafe rays.withFront(of: count, line: line) { front in
        unsafe endedPlaces.withUnsafeMutableBufferPointer { ended in
          var (cells, front) = unsafe (cells, front)
          return unsafe fk_march(backend.cBackend, &cells, &front, first, ended.baseAddress)
        }
      }
    }
  }

  /// Writes the rays' samples to the batch, the i-th ray's to the i-th place.
  package mutating func fillBatch() {
    batch.count = count
    unsafe rays.withFront(of: count, line: line) { front in
      unsafe batch.withSamples { samples in
        var front = unsafe front
        unsafe fk_place_samples(backend.cBackend, &front, samples)
      }
    }
  }

  /// Adds to each ray its sample, which is evaluated, and ends those that hardly any light passes.
  ///
  ///     w = T (1 − e^(−σδ))    Σwc ← Σwc + w c    Σwt ← Σwt + w t    T ← T e^(−σδ)
  ///
  /// - Parameter threshold: a ray whose T is below it has no further sample.
  package mutating func composite(endingBelow threshold: Float) {
    unsafe rays.withFront(of: count, line: line) { front in
      unsafe batch.withOutputs { samples in
        var front = unsafe front
        unsafe fk_composite(backend.cBackend, &front, samples, threshold)
      }
    }
  }
}

extension FieldBatch {
  fileprivate mutating func withSamples<Result>(_ body: (fk_samples) -> Result) -> Result {
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe z.withUnsafeMutableBufferPointer { z in
          unsafe directionX.withUnsafeMutableBufferPointer { directionX in
            unsafe directionY.withUnsafeMutableBufferPointer { directionY in
              unsafe directionZ.withUnsafeMutableBufferPointer { directionZ in
                unsafe body(
                  fk_samples(
                    x: x.baseAddress, y: y.baseAddress, z: z.baseAddress,
                    direction_x: directionX.baseAddress, direction_y: directionY.baseAddress,
                    direction_z: directionZ.baseAddress))
              }
            }
          }
        }
      }
    }
  }
}
