import Kernels
package import NeuralFields

extension Hypernetwork {
  /// ∂L/∂parameters as `step` forms it: Adam's mean of gradients, with no memory of earlier ones.
  package func parameterGradient(after pass: Pass, threadCount: Int = 1) -> [Float] {
    var network = self
    var first = [Float](repeating: 0, count: parameters.count)
    var second = first
    let update = AdamUpdate(learningRate: 0, beta1: 0, beta2: 0, epsilon: 1, step: 1)
    network.step(
      update, after: pass, firstMoment: &first, secondMoment: &second, threadCount: threadCount)
    return first
  }
}
