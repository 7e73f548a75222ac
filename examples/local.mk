EXTRA_DIST += examples/demo.sh examples/ncs1004-four-cards.txt
