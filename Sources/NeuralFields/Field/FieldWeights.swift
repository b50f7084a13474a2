/// The parameters of one field, or ∂L/∂ of them, as one flat array in the order of its layout.
package struct FieldWeights: Sendable, Hashable {
  /// `[layout.count]`.
  package var values: [Float]

  package init(_ values: [Float]) {
    self.values = values
  }
}
