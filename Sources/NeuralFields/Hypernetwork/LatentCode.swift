/// One scene's code: the vector from which the hypernetwork makes the scene's field.
package struct LatentCode: Sendable, Hashable {
  /// `[latentWidth]`.
  package var values: [Float]

  package init(_ values: [Float]) {
    self.values = values
  }
}
