"""Checks that users write, as ValidatingAdmissionPolicies: what they are, which objects they match, and their tests."""
