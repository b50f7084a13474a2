internal import CFieldKernels

/// Field weights rearranged for the kernels: made once per scene, then shared by all threads.
package struct PackedFieldWeights: Sendable {
  package let shape: FieldKernelShape
  private let packed: [Float]

  /// - Parameter weights: the flat weights in the order that `field_kernels.h` gives, `[weightCount]`.
  package init(shape: FieldKernelShape, weights: Span<Float>) {
    precondition(
      weights.count == shape.weightCount,
      "found \(weights.count) weights, expected \(shape.weightCount)")
    var field = shape.cField
    let count = unsafe fk_packed_count(&field)
    self.shape = shape
    packed = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe weights.withUnsafeBufferPointer { source in
        unsafe fk_pack(&field, source.baseAddress, buffer.baseAddress)
      }
      initialized = count
    }
  }

  /// Evaluates the field at the batch's first `count` samples: fills density and radiance.
  package func evaluate(_ batch: inout FieldBatch, backend: FieldKernelBackend = .best) {
    var field = shape.cField
    let count = batch.count
    unsafe packed.withUnsafeBufferPointer { weights in
      unsafe batch.withPointers { inputs, outputs in
        unsafe fk_forward(backend.cBackend, &field, weights.baseAddress, count, inputs, outputs)
      }
    }
  }

  /// As `evaluate`, and keeps every layer's activations for `accumulateGradient`.
  package func evaluate(
    _ batch: inout FieldBatch, storing activations: FieldActivations,
    backend: FieldKernelBackend = .best
  ) {
    var field = shape.cField
    let count = batch.count
    activations.check(shape: shape, count: count)
    unsafe packed.withUnsafeBufferPointer { weights in
      unsafe batch.withPointers { inputs, outputs in
        unsafe fk_forward_storing(
          backend.cBackend, &field, weights.baseAddress, count, inputs, outputs,
          activations.stored)
      }
    }
  }

  /// Adds ∂L/∂weights, given ∂L/∂density and ∂L/∂radiance per sample.
  ///
  /// - Parameters:
  ///   - batch: as `evaluate(_:storing:)` left it.
  ///   - activations: as `evaluate(_:storing:)` left them.
  ///   - weightGradient: in the order of the flat weights, `[weightCount]`; accumulated.
  package func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout [Float],
    backend: FieldKernelBackend = .best
  ) {
    var field = shape.cField
    let count = batch.count
    activations.check(shape: shape, count: count)
    precondition(
      weightGradient.count == shape.weightCount && outputGradient.capacity >= count,
      "found a gradient of another shape")
    unsafe packed.withUnsafeBufferPointer { weights in
      unsafe weightGradient.withUnsafeMutableBufferPointer { gradient in
        unsafe outputGradient.withPointers { slopes in
          unsafe batch.withPointers { _, outputs in
            unsafe fk_backward(
              backend.cBackend, &field, weights.baseAddress, count, activations.stored, outputs,
              slopes, gradient.baseAddress, activations.scratch)
          }
        }
      }
    }
  }
}

/// ∂L/∂density and ∂L/∂radiance of a batch's samples, `[capacity]` each.
package struct FieldOutputGradient: Sendable {
  package var density: [Float]
  package var red: [Float]
  package var green: [Float]
  package var blue: [Float]

  package var capacity: Int { density.count }

  package init(capacity: Int) {
    density = [Float](repeating: 0, count: capacity)
    (red, green, blue) = (density, density, density)
  }

  mutating func withPointers<Result>(_ body: (fk_outputs) -> Result) -> Result {
    unsafe density.withUnsafeMutableBufferPointer { density in
      unsafe red.withUnsafeMutableBufferPointer { red in
        unsafe green.withUnsafeMutableBufferPointer { green in
          unsafe blue.withUnsafeMutableBufferPointer { blue in
            unsafe body(
              fk_outputs(
                density: density.baseAddress, red: red.baseAddress, green: green.baseAddress,
                blue: blue.baseAddress))
          }
        }
      }
    }
  }
}

extension FieldBatch {
  fileprivate mutating func withPointers<Result>(
    _ body: (fk_inputs, fk_outputs) -> Result
  ) -> Result {
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe z.withUnsafeBufferPointer { z in
          unsafe directionX.withUnsafeBufferPointer { directionX in
            unsafe directionY.withUnsafeBufferPointer { directionY in
              unsafe directionZ.withUnsafeBufferPointer { directionZ in
                unsafe density.withUnsafeMutableBufferPointer { density in
                  unsafe red.withUnsafeMutableBufferPointer { red in
                    unsafe green.withUnsafeMutableBufferPointer { green in
                      unsafe blue.withUnsafeMutableBufferPointer { blue in
                        unsafe body(
                          fk_inputs(
                            x: x.baseAddress, y: y.baseAddress, z: z.baseAddress,
                            direction_x: directionX.baseAddress,
                            direction_y: directionY.baseAddress,
                            direction_z: directionZ.baseAddress),
                          fk_outputs(
                            density: density.baseAddress, red: red.baseAddress,
                            green: green.baseAddress,
                            blue: blue.baseAddress))
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/// The activations of one worker's batch between the forward and the backward pass.
///
/// One per thread. The memory is aligned for the widest vectors and made once.
@safe package final class FieldActivations {
  private let shape: FieldKernelShape
  private let capacity: Int
  fileprivate let stored: UnsafeMutablePointer<Float>
  fileprivate let scratch: UnsafeMutablePointer<Float>

  /// - Parameter capacity: the most samples a batch will have.
  package init(shape: FieldKernelShape, capacity: Int) {
    var field = shape.cField
    self.shape = shape
    self.capacity = capacity
    unsafe stored = Self.aligned(count: fk_activation_count(&field, capacity))
    unsafe scratch = Self.aligned(count: fk_backward_scratch_count(&field, capacity))
  }

  deinit {
    unsafe stored.deallocate()
    unsafe scratch.deallocate()
  }

  fileprivate func check(shape: FieldKernelShape, count: Int) {
    precondition(
      shape == self.shape && count <= capacity,
      "found a batch of \(count) samples or another field, expected at most \(capacity)")
  }

  /// Zeroed memory on a 64-byte boundary.
  private static func aligned(count: Int) -> UnsafeMutablePointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
    let pointer = unsafe raw.bindMemory(to: Float.self, capacity: count)
    unsafe pointer.initialize(repeating: 0, count: count)
    return unsafe pointer
  }
}
