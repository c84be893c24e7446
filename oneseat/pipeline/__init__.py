"""What a release engineer runs: exam file and roster in, base installer and licences out.

``release`` does all of it in order: charter, base, issuing, publishing. Each step is a package of its own.
"""
