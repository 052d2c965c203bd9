"""A ticket, told: dossier, story, proof, evidence."""
