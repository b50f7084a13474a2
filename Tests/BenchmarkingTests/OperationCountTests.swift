import Benchmarking
import Kernels
import NeuralFields
import Testing

@Suite("Operation counts") struct OperationCountTests {
  private static func shape(_ architecture: FieldArchitecture) -> FieldKernelShape {
    architecture.kernelShape(over: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]))
  }

  @Test(
    "the network of the kernel figures has the operations that its products take",
    arguments: [(32, 10_432, 27_264), (64, 33_152, 91_392), (128, 115_456, 330_240)])
  func reference(width: Int, forward: Int, training: Int) {
    let shape = Self.shape(
      FieldArchitecture(positionOctaves: 10, hiddenLayerCount: 4, width: width))
    #expect(shape.forwardOperationCount == forward)
    #expect(shape.trainingOperationCount == training)
  }

  @Test(
    "every matrix counts twice forward and four times backward, without gradients of encoded inputs",
    arguments: [nil, 0, 2, 4] as [Int?], [1, 3])
  func layers(directionOctaves: Int?, hiddenLayerCount: Int) {
    let architecture = FieldArchitecture(
      positionOctaves: 5, hiddenLayerCount: hiddenLayerCount, width: 24,
      directionOctaves: directionOctaves, colourWidth: 20)
    let entries = architecture.layout.entries
    let matrices = entries.filter { $0.shape.count == 2 }
    var expectedTraining = matrices.reduce(0) { $0 + 6 * $1.count }
    for matrix in matrices where matrix.name == "hidden.0.weight" {
      expectedTraining -= 2 * matrix.count
    }
    for matrix in matrices where matrix.name == "colour.weight" {
      expectedTraining -= 2 * matrix.shape[0] * (matrix.shape[1] - architecture.width)
    }
    let shape = Self.shape(architecture)
    #expect(shape.forwardOperationCount == matrices.reduce(0) { $0 + 2 * $1.count })
    #expect(shape.trainingOperationCount == expectedTraining)
  }
}
