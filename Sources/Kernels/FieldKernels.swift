internal import CFieldKernels

/// Field weights rearranged for the kernels: made once per scene, then shared by all threads.
package struct PackedFieldWeights: Sendable {
  package let shape: FieldKernelShape
  private let packed: Packed

  private enum Packed: Sendable {
    case float32(AlignedArray<Float>)
    /// Words of two weights, and biases as bit patterns.
    case bfloat16(AlignedArray<UInt32>)
  }

  /// - Parameters:
  ///   - weights: the flat weights in the order that `field_kernels.h` gives, `[weightCount]`.
  ///   - precision: one that this CPU has; only `float32` has gradients of positions.
  package init(
    shape: FieldKernelShape, weights: Span<Float>, precision: FieldPrecision = .float32
  ) {
    precondition(
      weights.count == shape.weightCount,
      "found \(weights.count) weights, expected \(shape.weightCount)")
    precondition(precision.isAvailable, "found a CPU without \(precision)")
    var field = shape.cField
    self.shape = shape
    packed = unsafe weights.withUnsafeBufferPointer { source in
      switch precision {
      case .float32:
        unsafe .float32(
          AlignedArray(count: fk_packed_count(&field)) {
            unsafe fk_pack(&field, source.baseAddress, $0)
          })
      case .bfloat16:
        unsafe .bfloat16(
          AlignedArray(count: fk_packed_bfloat16_count(&field)) {
            unsafe fk_pack_bfloat16(&field, source.baseAddress, $0)
          })
      }
    }
  }

  /// Evaluates the field at the batch's first `count` samples: fills density and radiance.
  ///
  /// - Parameter backend: of the `float32` kernels; `bfloat16` has one alone.
  package func evaluate(_ batch: inout FieldBatch, backend: FieldKernelBackend = .best) {
    var field = shape.cField
    let count = batch.count
    unsafe batch.withPointers { inputs, outputs in
      switch packed {
      case .float32(let packed):
        unsafe packed.withPointer { weights in
          unsafe fk_forward(backend.cBackend, &field, weights, count, inputs, outputs)
        }
      case .bfloat16(let packed):
        unsafe packed.withPointer { weights in
          unsafe fk_forward_bfloat16(&field, weights, count, inputs, outputs, nil)
        }
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
    unsafe batch.withPointers { inputs, outputs in
      switch packed {
      case .float32(let packed):
        unsafe packed.withPointer { weights in
          unsafe fk_forward_storing(
            backend.cBackend, &field, weights, count, inputs, outputs,
            activations.floats)
        }
      case .bfloat16(let packed):
        unsafe packed.withPointer { weights in
          unsafe fk_forward_bfloat16(
            &field, weights, count, inputs, outputs, activations.words)
        }
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
    unsafe accumulateGradient(
      of: &batch, outputGradient: &outputGradient, activations: activations,
      weightGradient: &weightGradient, positions: fk_positions(), backend: backend)
  }

  /// As above, and overwrites `positionGradient` with ∂L/∂position of the batch's samples.
  ///
  /// - Precondition: the weights are in `float32`.
  package func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout [Float],
    positionGradient: inout FieldPositionGradient, backend: FieldKernelBackend = .best
  ) {
    guard case .float32 = packed else {
      preconditionFailure("found weights in bfloat16, expected float32 for positions")
    }
    precondition(
      positionGradient.capacity >= batch.count,
      "found room for \(positionGradient.capacity) samples, expected \(batch.count)")
    unsafe positionGradient.withPointers { positions in
      unsafe accumulateGradient(
        of: &batch, outputGradient: &outputGradient, activations: activations,
        weightGradient: &weightGradient, positions: positions, backend: backend)
    }
  }

  private func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout [Float], positions: fk_positions,
    backend: FieldKernelBackend
  ) {
    var field = shape.cField
    let count = batch.count
    activations.check(shape: shape, count: count)
    precondition(
      weightGradient.count == shape.weightCount && outputGradient.capacity >= count,
      "found a gradient of another shape")
    unsafe weightGradient.withUnsafeMutableBufferPointer { gradient in
      unsafe outputGradient.withPointers { slopes in
        unsafe batch.withPointers { _, outputs in
          switch packed {
          case .float32(let packed):
            unsafe packed.withPointer { weights in
              unsafe fk_backward(
                backend.cBackend, &field, weights, count, activations.floats, outputs,
                slopes, gradient.baseAddress, positions, activations.floatScratch)
            }
          case .bfloat16(let packed):
            unsafe packed.withPointer { weights in
              unsafe fk_backward_bfloat16(
                &field, weights, count, activations.words, outputs, slopes,
                gradient.baseAddress, activations.wordScratch)
            }
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

/// ∂L/∂position of a batch's samples, per scene unit, `[capacity]` each.
package struct FieldPositionGradient: Sendable {
  package private(set) var x: [Float]
  package private(set) var y: [Float]
  package private(set) var z: [Float]

  package var capacity: Int { x.count }

  package init(capacity: Int) {
    x = [Float](repeating: 0, count: capacity)
    (y, z) = (x, x)
  }

  fileprivate mutating func withPointers(_ body: (fk_positions) -> Void) {
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe z.withUnsafeMutableBufferPointer { z in
          unsafe body(fk_positions(x: x.baseAddress, y: y.baseAddress, z: z.baseAddress))
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
/// One per thread. The memory is aligned for the widest vectors, made once, and enough for either
/// precision.
@safe package final class FieldActivations {
  private let shape: FieldKernelShape
  private let capacity: Int
  private let stored: UnsafeMutableRawPointer
  private let scratch: UnsafeMutableRawPointer

  /// - Parameter capacity: the most samples a batch will have.
  package init(shape: FieldKernelShape, capacity: Int) {
    var field = shape.cField
    self.shape = shape
    self.capacity = capacity
    unsafe stored = Self.words(
      count: max(
        fk_activation_count(&field, capacity), fk_activation_bfloat16_count(&field, capacity)))
    unsafe scratch = Self.words(
      count: max(
        fk_backward_scratch_count(&field, capacity),
        fk_backward_bfloat16_scratch_count(&field, capacity)))
  }

  deinit {
    unsafe stored.deallocate()
    unsafe scratch.deallocate()
  }

  fileprivate var floats: UnsafeMutablePointer<Float> {
    unsafe stored.assumingMemoryBound(to: Float.self)
  }

  fileprivate var floatScratch: UnsafeMutablePointer<Float> {
    unsafe scratch.assumingMemoryBound(to: Float.self)
  }

  fileprivate var words: UnsafeMutablePointer<UInt32> {
    unsafe stored.assumingMemoryBound(to: UInt32.self)
  }

  fileprivate var wordScratch: UnsafeMutablePointer<UInt32> {
    unsafe scratch.assumingMemoryBound(to: UInt32.self)
  }

  fileprivate func check(shape: FieldKernelShape, count: Int) {
    precondition(
      shape == self.shape && count <= capacity,
      "found a batch of \(count) samples or another field, expected at most \(capacity)")
  }

  /// Zeroed words of 32 bits on a 64-byte boundary.
  private static func words(count: Int) -> UnsafeMutableRawPointer {
    let byteCount = count * MemoryLayout<UInt32>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return unsafe memory
  }
}
